import { createPublicKey, verify, X509Certificate } from 'node:crypto';
import { z } from 'zod';

/*
 * Amazon's notifications are signed over some of their fields, in a fixed order, with a key whose certificate lies at an address that the
 * notification itself names. So that address is looked at first: only Amazon's own hosts are ever asked.
 *
 * Source   docs.aws.amazon.com: Amazon SNS, verifying message signatures
 */

export const SnsNotification = z.object({
  Type: z.enum(['Notification', 'SubscriptionConfirmation', 'UnsubscribeConfirmation']),
  MessageId: z.string(),
  TopicArn: z.string(),
  Subject: z.string().optional(),
  Message: z.string(),
  Timestamp: z.string(),
  SignatureVersion: z.enum(['1', '2']),
  Signature: z.string(),
  SigningCertURL: z.string(),
  SubscribeURL: z.string().optional(),
  Token: z.string().optional(),
});
export type SnsNotification = z.infer<typeof SnsNotification>;

const SIGNED: Record<SnsNotification['Type'], readonly (keyof SnsNotification)[]> = {
  Notification: ['Message', 'MessageId', 'Subject', 'Timestamp', 'TopicArn', 'Type'],
  SubscriptionConfirmation: ['Message', 'MessageId', 'SubscribeURL', 'Timestamp', 'Token', 'TopicArn', 'Type'],
  UnsubscribeConfirmation: ['Message', 'MessageId', 'SubscribeURL', 'Timestamp', 'Token', 'TopicArn', 'Type'],
};

const AMAZON_HOST = /^sns\.[a-z]{2}(?:-[a-z]{1,20}){1,3}-\d{1,2}\.amazonaws\.com(?:\.cn)?$/;

/** Whether an address that a notification names is one of Amazon's own. */
export function isAmazonUrl(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const { protocol, hostname, port, username, password } = new URL(text);
  return protocol === 'https:' && port === '' && username === '' && password === '' && AMAZON_HOST.test(hostname);
}

/** Whether the notification was signed by the owner of this certificate (PEM; a bare public key in PEM does as well). */
export function isSignedBySns(notification: SnsNotification, certificate: string, now: Date): boolean {
  const key = keyIn(certificate, now);
  if (key === null) return false;
  const signed = SIGNED[notification.Type].flatMap((name) => {
    const value = notification[name];
    return value === undefined ? [] : [`${name}\n${value}\n`];
  });
  const digest = notification.SignatureVersion === '1' ? 'sha1' : 'sha256';
  return verify(digest, Buffer.from(signed.join('')), key, Buffer.from(notification.Signature, 'base64'));
}

function keyIn(certificate: string, now: Date) {
  try {
    if (certificate.includes('BEGIN PUBLIC KEY')) return createPublicKey(certificate);
    const read = new X509Certificate(certificate);
    const isValid = new Date(read.validFrom) <= now && now <= new Date(read.validTo);
    return isValid ? read.publicKey : null;
  } catch {
    return null; // no certificate
  }
}

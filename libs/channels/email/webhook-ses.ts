import { z } from 'zod';
import { rebuildMail } from './rebuild-mail.js';
import { isAmazonUrl, isSignedBySns, SnsNotification } from './sns-signature.js';
import { type BroughtMail, type Checked, isSameSecret, type ProviderRequest } from './webhook-provider.js';

/*
 * Amazon SES tells of mail by notifications of Amazon SNS. Small mails are in the notification; of larger ones it only says where they lie,
 * which we have no key to: then what is known of them is shown, with what to change.
 *
 * Source   docs.aws.amazon.com: Amazon SES, contents of notifications for receiving
 */

const Verdict = z.object({ status: z.string() }).partial();
const Receiving = z.object({
  notificationType: z.literal('Received'),
  mail: z.object({
    source: z.string().default(''),
    messageId: z.string(),
    timestamp: z.string().optional(),
    destination: z.array(z.string()).default([]),
    headers: z.array(z.object({ name: z.string(), value: z.string() })).default([]),
    commonHeaders: z
      .object({ subject: z.string(), date: z.string(), messageId: z.string(), from: z.array(z.string()), to: z.array(z.string()) })
      .partial()
      .default({}),
  }),
  receipt: z
    .object({
      recipients: z.array(z.string()),
      spfVerdict: Verdict,
      dkimVerdict: Verdict,
      dmarcVerdict: Verdict,
      dmarcPolicy: z.string(),
      action: z.object({ type: z.string(), encoding: z.string().optional() }),
    })
    .partial()
    .default({}),
  content: z.string().optional(),
});
type Receiving = z.infer<typeof Receiving>;

/** Gives the certificate at an address of Amazon's. Errors: EgressFailure. */
export type CertificateSource = (url: string) => Promise<string | null>;

const NOT_HERE = [
  'This mail is not here: Amazon SES put it into storage of yours, and told us only what stands above.',
  'Let the receipt rule publish the content with the notification (up to 150 KB), or forward the mail by SMTP, to have all of it here.',
].join('\n');

/** Whether it is a notification of the mailbox's own topic (its ARN is the key), signed by Amazon. */
export async function checkSes(
  { body }: ProviderRequest,
  key: string,
  { now, certificate }: { now: Date; certificate: CertificateSource },
): Promise<Checked> {
  const notification = notificationIn(body);
  if (notification === null || !isSameSecret(notification.TopicArn, key) || !isAmazonUrl(notification.SigningCertURL))
    return { is: 'forged' };
  const found = await certificate(notification.SigningCertURL);
  return found !== null && isSignedBySns(notification, found, now) ? { is: 'genuine' } : { is: 'forged' };
}

/** Where a genuine request asks us to say yes to the subscription; null where it asks nothing. */
export function confirmationUrl({ body }: ProviderRequest): string | null {
  const notification = notificationIn(body);
  const url = notification?.Type === 'SubscriptionConfirmation' ? (notification.SubscribeURL ?? '') : '';
  return isAmazonUrl(url) ? url : null;
}

/** The mail in a genuine request; null where none is in it. */
export async function readSes({ body }: ProviderRequest): Promise<BroughtMail | null> {
  const notification = notificationIn(body);
  const receiving = notification?.Type === 'Notification' ? receivingIn(notification.Message) : null;
  if (receiving === null) return null;
  const { mail, receipt, content } = receiving;
  const raw =
    content === undefined
      ? await headersOnly(receiving)
      : Buffer.from(content, receipt.action?.encoding?.toUpperCase() === 'BASE64' ? 'base64' : 'utf8');
  const found = {
    spf: receipt.spfVerdict?.status?.toLowerCase(),
    dkim: receipt.dkimVerdict?.status?.toLowerCase(),
    dmarc: receipt.dmarcVerdict?.status?.toLowerCase(),
    dmarcPolicy: receipt.dmarcPolicy?.toLowerCase(),
  };
  return {
    raw,
    envelope: { via: 'webhook', mailFrom: mail.source, rcptTo: receipt.recipients ?? mail.destination, found: withoutEmpty(found) },
  };
}

function headersOnly({ mail }: Receiving): Promise<Buffer> {
  const { commonHeaders: known } = mail;
  const listed = mail.headers.map(({ name, value }) => [name, value] as const);
  const headers =
    listed.length > 0
      ? listed
      : ([
          ['From', known.from?.join(', ') ?? mail.source],
          ['To', (known.to ?? mail.destination).join(', ')],
          ['Subject', known.subject ?? ''],
          ['Date', known.date ?? (mail.timestamp === undefined ? '' : new Date(mail.timestamp).toUTCString())],
          ['Message-ID', known.messageId ?? `<${mail.messageId}@amazonses.com>`],
        ] as const);
  return rebuildMail({ headers: headers.filter(([, value]) => value !== ''), text: NOT_HERE, html: null, files: [] });
}

function notificationIn(body: Buffer): SnsNotification | null {
  return SnsNotification.safeParse(json(body.toString('utf8'))).data ?? null;
}

function receivingIn(message: string): Receiving | null {
  return Receiving.safeParse(json(message)).data ?? null;
}

function json(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

function withoutEmpty(found: Record<string, string | undefined>): Record<string, string> {
  return Object.fromEntries(Object.entries(found).filter((entry): entry is [string, string] => entry[1] !== undefined));
}

import { randomBytes } from 'node:crypto';
import type { ConnectMailbox, MailTrialCode } from '#contract';
import { Refusal } from '#platform';
import { publicKeyOf } from './webhook-sendgrid.js';

const PASSWORD_BYTES = 24;
const TOPIC = /^arn:aws[a-z-]*:sns:[a-z0-9-]{1,30}:\d{12}:[A-Za-z0-9_.-]{1,256}$/;
const NAME_AND_PASSWORD = /^[^:\p{Cc}]{1,100}:[^\p{Cc}]{6,500}$/u;

/**
 * With what a provider proves that it is the one; null for the raw form, which has a secret of its own. Made where a provider lets us choose.
 *
 * Errors   unprocessable `inbound_key_wrong` with the field `inbound.key`
 */
export function inboundKeyOf({ provider, key }: NonNullable<ConnectMailbox['inbound']>): string | null {
  const given = key?.trim() ?? '';
  switch (provider) {
    case 'raw':
      return null;
    case 'postmark':
      if (given === '') return `omnidesk:${randomBytes(PASSWORD_BYTES).toString('base64url')}`;
      return demand(
        NAME_AND_PASSWORD.test(given),
        given,
        'key_postmark',
        'Give a name and a password of 6 characters or more, with a colon between; left empty, a good one is made.',
      );
    case 'mailgun':
      return demand(given !== '', given, 'key_mailgun', 'Copy the HTTP webhook signing key from Mailgun’s API security page.');
    case 'sendgrid':
      return demand(
        publicKeyOf(given) !== null,
        given,
        'key_sendgrid',
        'Copy the public key of the security policy of your parse webhook from SendGrid.',
      );
    case 'ses':
      return demand(
        TOPIC.test(given),
        given,
        'key_ses',
        'Copy the ARN of the SNS topic to which SES tells of mail: it begins with “arn:aws:sns:”.',
      );
    default:
      throw new Error(`unreachable: ${provider satisfies never}`);
  }
}

function demand(isGood: boolean, key: string, code: MailTrialCode, message: string): string {
  if (!isGood) throw new Refusal('unprocessable', 'inbound_key_wrong', message, [{ path: 'inbound.key', code, message }]);
  return key;
}

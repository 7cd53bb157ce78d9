import { createPublicKey, type KeyObject, verify } from 'node:crypto';
import { rebuildMail } from './rebuild-mail.js';
import { fieldBytes, fieldText, type FormPart, readForm } from './webhook-form.js';
import { type BroughtMail, type Checked, isRecent, type ProviderRequest } from './webhook-provider.js';

/*
 * SendGrid's inbound parse, signed by its security policy: ECDSA over the time and the exact bytes.
 *
 * Source   docs: Inbound Parse Webhook, securing it
 */

const DAY_MS = 24 * 60 * 60_000;
/** SendGrid goes on trying for three days. The signature covers the mail, so an old one can only bring the same mail again. */
const SIGNED_AGO_MS_MAX = 4 * DAY_MS;
const SIGNATURE_CHARS_MAX = 500;

/** Whether it was signed with the key whose public half (base64 of SPKI, or PEM) the mailbox has. */
export function checkSendgrid({ body, headers }: ProviderRequest, key: string, now: Date): Checked {
  const signature = headers['x-twilio-email-event-webhook-signature'] ?? '';
  const timestamp = headers['x-twilio-email-event-webhook-timestamp'] ?? '';
  const publicKey = publicKeyOf(key);
  if (publicKey === null || signature === '' || signature.length > SIGNATURE_CHARS_MAX) return { is: 'forged' };
  const isSigned = verify('sha256', Buffer.concat([Buffer.from(timestamp), body]), publicKey, Buffer.from(signature, 'base64'));
  return isSigned && isRecent(timestamp, now, SIGNED_AGO_MS_MAX) ? { is: 'genuine' } : { is: 'forged' };
}

/** The mail in a genuine request; null where none is in it. */
export async function readSendgrid({ body, headers }: ProviderRequest): Promise<BroughtMail | null> {
  const form = await readForm(headers['content-type'] ?? '', body);
  if (form === null) return null;
  const raw = fieldBytes(form, 'email') ?? (await rebuilt(form));
  return raw === null || raw.length === 0 ? null : { raw, envelope: { via: 'webhook', ...envelopeOf(fieldText(form, 'envelope')) } };
}

/** Also tells an admin's typing error from a key, before it is saved. */
export function publicKeyOf(key: string): KeyObject | null {
  try {
    const isPem = key.includes('-----BEGIN');
    const made = isPem ? createPublicKey(key) : createPublicKey({ key: Buffer.from(key, 'base64'), format: 'der', type: 'spki' });
    return made.asymmetricKeyType === 'ec' ? made : null;
  } catch {
    return null;
  }
}

function envelopeOf(json: string | null): { mailFrom?: string; rcptTo?: string[] } {
  try {
    const { from, to } = JSON.parse(json ?? '{}') as { from?: unknown; to?: unknown };
    return {
      ...(typeof from === 'string' ? { mailFrom: from } : {}),
      ...(Array.isArray(to) ? { rcptTo: to.filter((one) => typeof one === 'string') } : {}),
    };
  } catch {
    return {};
  }
}

async function rebuilt(form: readonly FormPart[]): Promise<Buffer | null> {
  const head = fieldBytes(form, 'headers');
  if (head === null) return null;
  const charsets = charsetsOf(fieldText(form, 'charsets'));
  const text = (name: string) => {
    const bytes = fieldBytes(form, name);
    return bytes === null ? null : decoded(bytes, charsets.get(name));
  };
  const contentIds = contentIdsOf(fieldText(form, 'content-ids'));
  const files = form
    .filter(({ name }) => /^attachment\d{1,4}$/.test(name))
    .map(({ name, fileName, mediaType, content }) => ({
      name: fileName ?? name,
      mediaType,
      content,
      contentId: contentIds.get(name) ?? null,
    }));
  return rebuildMail({ headers: headersIn(head.toString('utf8')), text: text('text'), html: text('html'), files });
}

function headersIn(head: string): [string, string][] {
  const lines = head.replaceAll(/\r?\n[ \t]+/g, ' ').split(/\r?\n/);
  return lines.flatMap((line) => {
    const at = line.indexOf(':');
    return at > 0 ? [[line.slice(0, at), line.slice(at + 1).trim()] satisfies [string, string]] : [];
  });
}

/** Each field has a charset of its own, whatever the request says. */
function decoded(bytes: Buffer, charset = 'utf-8'): string {
  try {
    return new TextDecoder(charset).decode(bytes);
  } catch {
    return bytes.toString('utf8'); // a charset nobody knows
  }
}

function charsetsOf(json: string | null): Map<string, string> {
  return stringMap(json);
}

function contentIdsOf(json: string | null): Map<string, string> {
  return new Map([...stringMap(json)].map(([id, name]) => [name, id.replaceAll(/[<>]/g, '')]));
}

function stringMap(json: string | null): Map<string, string> {
  try {
    const object = JSON.parse(json ?? '{}') as object;
    return new Map(Object.entries(object).flatMap(([key, value]) => (typeof value === 'string' ? [[key, value] as const] : [])));
  } catch {
    return new Map();
  }
}

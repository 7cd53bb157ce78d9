import { createHmac } from 'node:crypto';
import { rebuildMail } from './rebuild-mail.js';
import { fieldBytes, fieldText, type FormPart, readForm } from './webhook-form.js';
import { type BroughtMail, type Checked, isRecent, isSameSecret, type ProviderRequest } from './webhook-provider.js';

/*
 * Mailgun's routes. The signature is over a time and a token and not over the mail, so whoever overhears one request could send another
 * mail with it: a token is good for one body only.
 *
 * Source   documentation.mailgun.com: routes, receiving HTTP requests, securing webhooks
 */

const HOUR_MS = 60 * 60_000;
/** Mailgun goes on trying for eight hours; it does not say whether it signs each try anew. */
const SIGNED_AGO_MS_MAX = 9 * HOUR_MS;
const TOKEN_CHARS_MAX = 200;
const HEADERS_CHARS_MAX = 1024 * 1024;

/** Whether it was signed with the account's signing key, lately. */
export async function checkMailgun({ body, headers }: ProviderRequest, key: string, now: Date): Promise<Checked> {
  const form = await readForm(headers['content-type'] ?? '', body);
  const [timestamp, token, signature] = ['timestamp', 'token', 'signature'].map((name) => (form && fieldText(form, name)) ?? '');
  const expected = createHmac('sha256', key).update(`${timestamp!}${token!}`).digest('hex');
  const isSigned = key !== '' && token !== '' && token!.length <= TOKEN_CHARS_MAX && isSameSecret(signature!, expected);
  return isSigned && isRecent(timestamp!, now, SIGNED_AGO_MS_MAX) ? { is: 'genuine', once: `${timestamp!} ${token!}` } : { is: 'forged' };
}

/** The mail in a genuine request; null where none is in it. */
export async function readMailgun({ body, headers }: ProviderRequest): Promise<BroughtMail | null> {
  const form = await readForm(headers['content-type'] ?? '', body);
  if (form === null) return null;
  const raw = fieldBytes(form, 'body-mime') ?? (await rebuilt(form));
  if (raw === null || raw.length === 0) return null;
  const recipient = fieldText(form, 'recipient');
  return {
    raw,
    envelope: { via: 'webhook', mailFrom: fieldText(form, 'sender') ?? '', ...(recipient === null ? {} : { rcptTo: [recipient] }) },
  };
}

async function rebuilt(form: readonly FormPart[]): Promise<Buffer | null> {
  const headers = headerList(fieldText(form, 'message-headers') ?? '');
  if (headers === null) return null;
  const contentIds = contentIdsOf(fieldText(form, 'content-id-map') ?? '{}');
  const files = form
    .filter(({ name }) => /^attachment-\d{1,4}$/.test(name))
    .map(({ name, fileName, mediaType, content }) => ({
      name: fileName ?? name,
      mediaType,
      content,
      contentId: contentIds.get(name) ?? null,
    }));
  return rebuildMail({ headers, text: fieldText(form, 'body-plain'), html: fieldText(form, 'body-html'), files });
}

function headerList(json: string): [string, string][] | null {
  const list = parsed(json.slice(0, HEADERS_CHARS_MAX));
  if (!Array.isArray(list)) return null;
  return list.filter(
    (pair): pair is [string, string] => Array.isArray(pair) && pair.length === 2 && pair.every((one) => typeof one === 'string'),
  );
}

/** `{"<id>": "attachment-1"}`, turned round. */
function contentIdsOf(json: string): Map<string, string> {
  const map = parsed(json.slice(0, HEADERS_CHARS_MAX));
  const entries = typeof map === 'object' && map !== null ? Object.entries(map) : [];
  return new Map(entries.flatMap(([id, name]) => (typeof name === 'string' ? [[name, id.replaceAll(/[<>]/g, '')]] : [])));
}

function parsed(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    return null;
  }
}

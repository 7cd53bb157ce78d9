import { z } from 'zod';
import { rebuildMail } from './rebuild-mail.js';
import { type BroughtMail, type Checked, isSameSecret, type ProviderRequest } from './webhook-provider.js';

/*
 * Postmark's inbound webhook. It signs nothing: a name and a password in the address it is given are all there is.
 *
 * Source   postmarkapp.com/developer: inbound webhook, parse an email
 */

const Inbound = z.object({
  RawEmail: z.string().optional(),
  OriginalRecipient: z.string().optional(),
  Headers: z.array(z.object({ Name: z.string(), Value: z.string() })).default([]),
  From: z.string().default(''),
  To: z.string().default(''),
  Cc: z.string().default(''),
  ReplyTo: z.string().default(''),
  Subject: z.string().default(''),
  Date: z.string().default(''),
  TextBody: z.string().nullish(),
  HtmlBody: z.string().nullish(),
  Attachments: z
    .array(z.object({ Name: z.string(), Content: z.string(), ContentType: z.string(), ContentID: z.string().nullish() }))
    .default([]),
});
type Inbound = z.infer<typeof Inbound>;

/** Whether it came with the name and password (`user:password`) of this mailbox. */
export function checkPostmark({ headers }: ProviderRequest, key: string): Checked {
  const [, given = ''] = /^basic ([a-z0-9+/]{1,2000}={0,2})$/i.exec(headers['authorization'] ?? '') ?? [];
  return isSameSecret(Buffer.from(given, 'base64').toString('utf8'), key) ? { is: 'genuine' } : { is: 'forged' };
}

/** The mail in a genuine request; null where none is in it. The raw one, where Postmark is set to send it along. */
export async function readPostmark({ body }: ProviderRequest): Promise<BroughtMail | null> {
  const inbound = inboundIn(body);
  if (inbound === null) return null;
  const { RawEmail: raw, OriginalRecipient: recipient } = inbound;
  return {
    raw: raw === undefined || raw === '' ? await rebuilt(inbound) : Buffer.from(raw),
    envelope: { via: 'webhook', ...(recipient === undefined ? {} : { rcptTo: [recipient] }) },
  };
}

function inboundIn(body: Buffer): Inbound | null {
  try {
    return Inbound.safeParse(JSON.parse(body.toString('utf8'))).data ?? null;
  } catch {
    return null;
  }
}

function rebuilt(inbound: Inbound): Promise<Buffer> {
  const listed = inbound.Headers.map(({ Name, Value }) => [Name, Value] as const);
  const names = new Set(listed.map(([name]) => name.toLowerCase()));
  // These stand in fields of their own, and are left out of the list.
  const own = (['From', 'To', 'Cc', 'Subject', 'Date'] as const).map((name) => [name, inbound[name]] as const);
  const headers = [...own, ['Reply-To', inbound.ReplyTo] as const].filter(
    ([name, value]) => value !== '' && !names.has(name.toLowerCase()),
  );
  return rebuildMail({
    headers: [...headers, ...listed],
    text: inbound.TextBody ?? null,
    html: inbound.HtmlBody === '' ? null : (inbound.HtmlBody ?? null),
    files: inbound.Attachments.map(({ Name, Content, ContentType, ContentID }) => ({
      name: Name,
      mediaType: ContentType,
      content: Buffer.from(Content, 'base64'),
      contentId: ContentID === undefined || ContentID === null || ContentID === '' ? null : ContentID,
    })),
  });
}

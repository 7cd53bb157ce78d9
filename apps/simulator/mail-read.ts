import { simpleParser, type AddressObject } from 'mailparser';
import type { MailFile } from './mail-compose.js';

export interface ReadMail {
  messageId: string;
  inReplyTo: string | null;
  references: string[];
  from: { name: string; address: string };
  replyTo: string | null;
  to: string[];
  cc: string[];
  subject: string;
  text: string;
  html: string | null;
  files: MailFile[];
}

function addressesOf(field: AddressObject | AddressObject[] | undefined): { name: string; address: string }[] {
  const objects = field === undefined ? [] : Array.isArray(field) ? field : [field];
  return objects.flatMap((object) => object.value).map(({ name, address }) => ({ name, address: address ?? '' }));
}

/** What the customer's mail program shows of a mail. */
export async function readMail(raw: Buffer): Promise<ReadMail> {
  const mail = await simpleParser(raw);
  const references = mail.references === undefined ? [] : Array.isArray(mail.references) ? mail.references : [mail.references];
  return {
    messageId: mail.messageId ?? '',
    inReplyTo: mail.inReplyTo ?? null,
    references,
    from: addressesOf(mail.from)[0] ?? { name: '', address: '' },
    replyTo: addressesOf(mail.replyTo)[0]?.address ?? null,
    to: addressesOf(mail.to).map(({ address }) => address),
    cc: addressesOf(mail.cc).map(({ address }) => address),
    subject: mail.subject ?? '',
    text: mail.text ?? '',
    html: mail.html === false ? null : (mail.html ?? null),
    files: mail.attachments.map(({ filename, contentType, content }) => ({
      name: filename ?? 'file',
      mediaType: contentType,
      content,
    })),
  };
}

/** The exchange a received mail belongs to: that of the newest mail it refers to, else one of its own. */
export function threadOf(
  mails: readonly { owner: string; messageId: string; thread: string }[],
  owner: string,
  read: Pick<ReadMail, 'messageId' | 'inReplyTo' | 'references'>,
): string {
  const named = new Set([read.inReplyTo, ...read.references]);
  return mails.findLast((mail) => mail.owner === owner && named.has(mail.messageId))?.thread ?? read.messageId;
}

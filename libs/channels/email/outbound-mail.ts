import { createHash } from 'node:crypto';
import type { OpenConnection, OutboundFile, OutboundMessage, Said } from '../channel.js';
import { renameCids } from './cid-pictures.js';
import { type OutgoingAttachment, wordsOf } from './compose-mail.js';
import { HASH_MARK } from './mail-message.js';
import { mintReplyAddress, mintReturnPath, type TokenSeal } from './mail-token.js';
import type { MailboxMail } from './mailbox-sender.service.js';

/** The hour in the quotation's line. A tenant's own zone comes with its settings. */
const TIME_ZONE = 'Europe/Amsterdam';
/** Pictures of what is quoted are sent along up to this size; the reader has them already. */
const QUOTED_PICTURES_BYTES_MAX = 3 * 1024 * 1024;
const ID_CHARS = 16;

/**
 * What an agent says, as a mail: to whom, under which names and ids, with what it answers or passes on. Reads the files. Errors: those of
 * reading a file.
 */
export async function mailOf(
  connection: OpenConnection,
  message: OutboundMessage,
  { seal, messageId }: { seal: TokenSeal; messageId: string },
): Promise<MailboxMail> {
  const { conversationId, automatic } = message;
  const mailbox = connection.externalId;
  const takesTokens = connection.mailbox?.takesPlusAddresses ?? false;
  const replyTo = takesTokens ? mintReplyAddress(seal, conversationId, mailbox) : null;
  const domain = mailbox.slice(mailbox.lastIndexOf('@') + 1);
  const own = await pictured(message.files, { mark: messageId, domain });
  const quoted =
    automatic || message.forward !== null ? NO_PICTURES : await pictured(quotedPictures(message), { mark: `q${messageId}`, domain });
  return {
    from: { address: mailbox, name: message.agent.name },
    ...recipientsOf(message),
    replyTo,
    // A mailbox whose name is too long for the one may have room for the other, which tells the conversation at least.
    returnPath: takesTokens ? (mintReturnPath(seal, message, mailbox) ?? replyTo) : null,
    left: message.left ?? null,
    subject: message.subject,
    keepsSubject: automatic,
    messageId,
    ...threadOf(message),
    date: message.createdAt,
    text: message.text,
    html: message.html === null ? null : renameCids(message.html, own.names),
    signature: message.signature,
    attachments: [...own.attachments, ...quoted.attachments],
    ...(automatic || message.writtenBy === 'rule' ? { automatic: 'auto-replied' as const } : {}),
    ...belowOf(message, { own, quoted }),
  };
}

interface Pictured {
  attachments: OutgoingAttachment[];
  /** The new content ids, by what the HTML calls the files. */
  names: ReadonlyMap<string, string>;
}

const NO_PICTURES: Pictured = { attachments: [], names: new Map() };

/** The files with content ids of our own making: those they came with are somebody else's, and may be any text. */
async function pictured(files: readonly OutboundFile[], { mark, domain }: { mark: string; domain: string }): Promise<Pictured> {
  const names = new Map<string, string>();
  const attachments = await Promise.all(
    files.map(async ({ name, mediaType, contentId, read }, position) => {
      const cid = contentId == null ? null : `${String(position)}.${hashOf(mark)}@${domain}`;
      if (contentId != null && cid !== null) names.set(contentId, cid);
      return { name, mediaType, content: await read(), cid };
    }),
  );
  return { attachments, names };
}

function quotedPictures({ answered }: OutboundMessage): OutboundFile[] {
  let left = QUOTED_PICTURES_BYTES_MAX;
  return (answered?.images ?? []).filter(({ sizeBytes }) => {
    left -= sizeBytes;
    return left >= 0;
  });
}

function recipientsOf({ forward, automatic, to, toName, cc, bcc }: OutboundMessage): Pick<MailboxMail, 'to' | 'cc' | 'bcc'> {
  const unnamed = (address: string) => ({ address, name: null });
  // A machine's mail says nothing of the sender's making to whoever stands in From, not even a name.
  const person = { address: to, name: automatic ? null : toName };
  return { to: forward === null ? [person] : forward.to.map(unnamed), cc: cc.map(unnamed), bcc };
}

/** What is passed on begins a thread of its own: those who get it have no part in the contact's. */
function threadOf(message: OutboundMessage): Pick<MailboxMail, 'inReplyTo' | 'thread' | 'outlookThread'> {
  if (message.forward !== null) return { inReplyTo: null, thread: [] };
  const thread = message.earlierExternalIds.map(messageIdOf);
  const answers = message.answersExternalId === null ? null : messageIdOf(message.answersExternalId);
  const outlook = message.outlookThread === undefined ? {} : { outlookThread: message.outlookThread };
  return { inReplyTo: answers ?? thread.at(-1) ?? null, thread, ...outlook };
}

function belowOf(
  { forward, answered, automatic, language = 'nl' }: OutboundMessage,
  { own, quoted }: { own: Pictured; quoted: Pictured },
): Pick<MailboxMail, 'original' | 'passedOn'> {
  const words = { language, timeZone: TIME_ZONE };
  if (forward !== null) {
    const { html } = forward.original;
    return { original: null, passedOn: { ...forward.original, html: html === null ? null : renameCids(html, own.names), ...words } };
  }
  // Whoever is answered by a machine may never have written: his name stands in somebody else's From.
  if (answered === null || automatic) return { original: null };
  const { authorName: author, sentAt, text, html } = answered;
  return { original: { author, sentAt, text, html: html === null ? null : renameCids(html, quoted.names), ...words } };
}

/** What a mail of an agent's says in the end, but for what it answers. Pictures keep the names they have here. */
export function spelled({ text, html, signature, forward, language }: Said): { fullText: string; html: string | null } {
  const passedOn = forward === null ? null : { ...forward.original, language, timeZone: TIME_ZONE };
  const words = wordsOf({ text, html, signature, original: null, passedOn });
  return { fullText: words.text, html: html === null && passedOn?.html == null ? null : words.html };
}

function messageIdOf(externalId: string): string {
  return externalId.split(HASH_MARK)[0]!;
}

function hashOf(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, ID_CHARS);
}

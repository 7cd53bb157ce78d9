import assert from 'node:assert/strict';
import { createHmac, timingSafeEqual } from 'node:crypto';
import type { ParsedMail } from './parsed-mail.js';

/*
 * Our own secret in a mail: proof that its writer has seen a mail of ours, and which conversation that was.
 *
 *   Message-ID      <m.{32}.{26}@domain>      conversation (16 bytes), end of the message's id (4), HMAC (16)    61 of 64 octets
 *   reply address   name+r{26}{16}@domain     conversation (16 bytes), HMAC (10)                                 43 octets after the "+"
 *   return path     name+b{48}@domain         conversation (16 bytes), end of the message's id (4), HMAC (10)    49 octets after the "+"
 *
 * Base32 in lower case, because mail servers fold case; the local part must stay within 64 octets (RFC 5321 4.5.3.1.1), which is why the
 * tenant and the mailbox are in the HMAC only. There is one form of each length and one way to write it: the spare bits of a last
 * character must be zero, so that no two texts are the same token. Everything else is "no token", never a check that is left out.
 */

/** Whose tokens: the key, and what is mixed into every HMAC so that a token is good for one mailbox of one tenant only. */
export interface TokenSeal {
  /** At least 32 secret bytes. */
  key: Buffer;
  tenantId: string;
  mailboxId: string;
}

/** `verp`: the return path of ours, wherever it is named as the addressee. `attached`: in the mail a bounce gives back; other mails are not searched there, because people attach what they please. */
export type TokenPlace = 'in_reply_to' | 'references' | 'verp' | 'to' | 'cc' | 'delivered_to' | 'body' | 'attached';

export interface FoundToken {
  /** A UUID in its usual form, lower case. */
  conversationId: string;
  /** The last four bytes of the message's UUID in hex, lower case; null for a reply address, which names no message. */
  messageIdEnd: string | null;
  foundIn: TokenPlace;
}

const KEY_BYTES_MIN = 32;
const UUID_BYTES = 16;
const MESSAGE_END_BYTES = 4;
const MESSAGE_MAC_BYTES = 16;
const REPLY_MAC_BYTES = 10;
const RETURN_MAC_BYTES = 10;
const LOCAL_PART_OCTETS_MAX = 64;

/** A token in a quoted text is looked for in so much of it, and so often. */
const BODY_CHARS_MAX = 1_000_000;
const BODY_TOKENS_MAX = 50;

const MESSAGE_TOKEN = /^m\.([a-z2-7]{32})\.([a-z2-7]{26})$/;
const REPLY_TOKEN = /^r([a-z2-7]{26})([a-z2-7]{16})$/;
const RETURN_TOKEN = /^b([a-z2-7]{48})$/;

/**
 * The Message-ID for a mail we send, without brackets. The same input gives the same id, so that a mail sent twice is one mail.
 *
 * Shape    ids are UUIDs; `domain` is the part behind the @
 */
export function mintMessageId(seal: TokenSeal, target: { conversationId: string; messageId: string }, domain: string): string {
  const payload = messagePayload(target);
  return `m.${base32(payload)}.${base32(macOf(seal, 'message', payload).subarray(0, MESSAGE_MAC_BYTES))}@${domain}`;
}

/**
 * The address an answer can be sent to so that it finds its conversation whatever happens to the headers: `name+token@domain`.
 * Null where the mailbox's own name leaves no room for a token (more than 20 octets), or holds a "+" itself.
 */
export function mintReplyAddress(seal: TokenSeal, conversationId: string, mailboxAddress: string): string | null {
  const payload = uuidBytes(conversationId);
  const token = `r${base32(payload)}${base32(macOf(seal, 'reply', payload).subarray(0, REPLY_MAC_BYTES))}`;
  return withToken(mailboxAddress, token);
}

/**
 * The sender to name on the envelope, so that a report about the mail says by its address which mail it is about (VERP). Null where the
 * mailbox's own name has more than 14 octets, or holds a "+" itself; a reply address may still fit then, and names the conversation.
 *
 * Shape    ids are UUIDs
 */
export function mintReturnPath(
  seal: TokenSeal,
  target: { conversationId: string; messageId: string },
  mailboxAddress: string,
): string | null {
  const payload = messagePayload(target);
  // In one piece: 30 bytes are 48 characters without a spare bit.
  const token = `b${base32(Buffer.concat([payload, macOf(seal, 'return', payload).subarray(0, RETURN_MAC_BYTES)]))}`;
  return withToken(mailboxAddress, token);
}

function withToken(mailboxAddress: string, token: string): string | null {
  const at = mailboxAddress.lastIndexOf('@');
  const local = `${mailboxAddress.slice(0, at)}+${token}`;
  const fits = Buffer.byteLength(local) <= LOCAL_PART_OCTETS_MAX && !mailboxAddress.slice(0, at).includes('+');
  return at > 0 && fits ? `${local}@${mailboxAddress.slice(at + 1)}` : null;
}

/**
 * Every token in a mail that was minted with this seal, the most trustworthy place first, each conversation and message once.
 * Tokens of another tenant or mailbox are not found, and not told apart from no token.
 *
 * Limits   50 ids per header (as parsed), 50 candidates in the text
 */
export function findTokens(seal: TokenSeal, mail: TokenBearer): FoundToken[] {
  const found: FoundToken[] = [];
  const add = (token: Omit<FoundToken, 'foundIn'> | null, foundIn: TokenPlace): void => {
    if (token === null) return;
    const isNew = !found.some((other) => other.conversationId === token.conversationId && other.messageIdEnd === token.messageIdEnd);
    if (isNew) found.push({ ...token, foundIn });
  };
  for (const id of mail.inReplyTo) add(verifyMessageId(seal, id), 'in_reply_to');
  for (const id of mail.references.toReversed()) add(verifyMessageId(seal, id), 'references');
  for (const address of [...mail.to, ...mail.cc].map((one) => one.address)) add(verifyReturnPath(seal, address), 'verp');
  for (const address of mail.deliveredTo) add(verifyReturnPath(seal, address), 'verp');
  for (const { address } of mail.to) add(verifyReplyAddress(seal, address), 'to');
  for (const { address } of mail.cc) add(verifyReplyAddress(seal, address), 'cc');
  for (const address of mail.deliveredTo) add(verifyReplyAddress(seal, address), 'delivered_to');
  for (const token of tokensIn([mail.html ?? '', mail.text])) add(verifyMessageToken(seal, token), 'body');
  if (mail.mailClass === 'bounce') for (const token of tokensIn(returnedMails(mail))) add(verifyMessageToken(seal, token), 'attached');
  return found;
}

/**
 * All that looks like a Message-ID of ours in the words of a mail, found once for however many seals it is to be tried with: in the place of
 * its text this is all that `findTokens` needs.
 */
export function tokenLikeIn(mail: Pick<TokenBearer, 'text' | 'html' | 'attachments' | 'mailClass'>): string[] {
  return tokensIn([mail.html ?? '', mail.text, ...(mail.mailClass === 'bounce' ? returnedMails(mail) : [])]);
}

/** What of a mail is searched for tokens. */
export type TokenBearer = Pick<ParsedMail, 'inReplyTo' | 'references' | 'deliveredTo' | 'text' | 'html' | 'mailClass'> & {
  to: readonly { address: string }[];
  cc: readonly { address: string }[];
  attachments: readonly { mediaType: string; content: Buffer }[];
};

/** A mark to hide in the HTML we send, for providers that rewrite our Message-ID: it comes back in the quotation. */
export function threadMark(messageId: string): string {
  return localPart(messageId);
}

function verifyMessageId(seal: TokenSeal, id: string): Omit<FoundToken, 'foundIn'> | null {
  return verifyMessageToken(seal, localPart(id));
}

function verifyMessageToken(seal: TokenSeal, token: string): Omit<FoundToken, 'foundIn'> | null {
  const match = MESSAGE_TOKEN.exec(foldCase(token));
  const payload = fromBase32(match?.[1] ?? '', UUID_BYTES + MESSAGE_END_BYTES);
  const mac = fromBase32(match?.[2] ?? '', MESSAGE_MAC_BYTES);
  if (payload === null || mac === null || !isMac(seal, 'message', payload, mac)) return null;
  return { conversationId: uuidText(payload), messageIdEnd: payload.toString('hex', UUID_BYTES) };
}

function verifyReplyAddress(seal: TokenSeal, address: string): Omit<FoundToken, 'foundIn'> | null {
  const local = localPart(address);
  const match = REPLY_TOKEN.exec(foldCase(local.slice(local.lastIndexOf('+') + 1)));
  const payload = fromBase32(match?.[1] ?? '', UUID_BYTES);
  const mac = fromBase32(match?.[2] ?? '', REPLY_MAC_BYTES);
  if (!local.includes('+') || payload === null || mac === null || !isMac(seal, 'reply', payload, mac)) return null;
  return { conversationId: uuidText(payload), messageIdEnd: null };
}

function verifyReturnPath(seal: TokenSeal, address: string): Omit<FoundToken, 'foundIn'> | null {
  const local = localPart(address);
  const match = RETURN_TOKEN.exec(foldCase(local.slice(local.lastIndexOf('+') + 1)));
  const bytes = fromBase32(match?.[1] ?? '', UUID_BYTES + MESSAGE_END_BYTES + RETURN_MAC_BYTES);
  if (!local.includes('+') || bytes === null) return null;
  const payload = bytes.subarray(0, UUID_BYTES + MESSAGE_END_BYTES);
  if (!isMac(seal, 'return', payload, bytes.subarray(payload.length))) return null;
  return { conversationId: uuidText(payload), messageIdEnd: payload.toString('hex', UUID_BYTES) };
}

function tokensIn(bodies: readonly string[]): string[] {
  const tokens: string[] = [];
  for (const body of bodies) {
    // The ends are checked by the exact form; in a text, what stands around a token is not ours to judge.
    for (const match of body.slice(0, BODY_CHARS_MAX).matchAll(/(?<![a-z0-9])m\.[a-z2-7]{32}\.[a-z2-7]{26}(?![a-z0-9])/gi)) {
      if (tokens.length >= BODY_TOKENS_MAX) return tokens;
      if (!tokens.includes(match[0])) tokens.push(match[0]);
    }
  }
  return tokens;
}

const RETURNED_TYPES = new Set([
  'message/rfc822',
  'message/global',
  'message/rfc822-headers',
  'text/rfc822-headers',
  'message/global-headers',
]);
/** The header of our own mail is at the beginning, and is no longer than this. */
const RETURNED_BYTES_MAX = 32 * 1024;

function returnedMails(mail: Pick<TokenBearer, 'attachments'>): string[] {
  const returned = mail.attachments.filter(({ mediaType }) => RETURNED_TYPES.has(mediaType)).slice(0, 10);
  return returned.map(({ content }) => content.toString('latin1', 0, RETURNED_BYTES_MAX));
}

type TokenPurpose = 'message' | 'reply' | 'return';

/** What names a message: its conversation, and the end of its own id. */
function messagePayload({ conversationId, messageId }: { conversationId: string; messageId: string }): Buffer {
  return Buffer.concat([uuidBytes(conversationId), uuidBytes(messageId).subarray(UUID_BYTES - MESSAGE_END_BYTES)]);
}

function macOf(seal: TokenSeal, purpose: TokenPurpose, payload: Buffer): Buffer {
  assert(seal.key.length >= KEY_BYTES_MIN, 'a mail token key has at least 32 bytes');
  // Ids are UUIDs without "|", so that no two sets of parts give the same text.
  const scope = `omnidesk-mail-token|${uuidText(uuidBytes(seal.tenantId))}|${uuidText(uuidBytes(seal.mailboxId))}|${purpose}|`;
  return createHmac('sha256', seal.key).update(scope).update(payload).digest();
}

function isMac(seal: TokenSeal, purpose: TokenPurpose, payload: Buffer, mac: Buffer): boolean {
  return timingSafeEqual(macOf(seal, purpose, payload).subarray(0, mac.length), mac);
}

function localPart(address: string): string {
  const at = address.lastIndexOf('@');
  return at < 0 ? '' : address.slice(0, at);
}

/** Lower case for ASCII only: other alphabets have letters that fold into ours ("K" of Kelvin), and would be a second way to write a token. */
function foldCase(text: string): string {
  return /^[\x21-\x7e]*$/.test(text) ? text.toLowerCase() : '';
}

function uuidBytes(id: string): Buffer {
  assert(/^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(id), 'an id in a mail token is a UUID');
  return Buffer.from(id.replaceAll('-', ''), 'hex');
}

function uuidText(bytes: Buffer): string {
  const hex = bytes.toString('hex', 0, UUID_BYTES);
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-');
}

const ALPHABET = 'abcdefghijklmnopqrstuvwxyz234567';
const BITS_PER_CHARACTER = 5;
const BITS_PER_BYTE = 8;

function base32(bytes: Buffer): string {
  let bits = '';
  for (const byte of bytes) bits += byte.toString(2).padStart(BITS_PER_BYTE, '0');
  let text = '';
  for (let index = 0; index < bits.length; index += BITS_PER_CHARACTER) {
    text += ALPHABET[Number.parseInt(bits.slice(index, index + BITS_PER_CHARACTER).padEnd(BITS_PER_CHARACTER, '0'), 2)] ?? '';
  }
  return text;
}

/** The bytes, if `text` is the one way to write exactly `bytesExpected` of them. */
function fromBase32(text: string, bytesExpected: number): Buffer | null {
  let bits = '';
  for (const character of text) bits += ALPHABET.indexOf(character).toString(2).padStart(BITS_PER_CHARACTER, '0');
  if (bits.length < bytesExpected * BITS_PER_BYTE) return null;
  const bytes = Buffer.alloc(bytesExpected);
  for (let index = 0; index < bytesExpected; index += 1) {
    bytes[index] = Number.parseInt(bits.slice(index * BITS_PER_BYTE, (index + 1) * BITS_PER_BYTE), 2);
  }
  return base32(bytes) === text ? bytes : null;
}

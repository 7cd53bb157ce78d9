import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { visitHtml } from './html-tokens.js';
import { findTokens, mintMessageId, mintReplyAddress, type TokenSeal } from './mail-token.js';
import { UnreadableMail, type ParsedMail } from './parsed-mail.js';
import { MailReader } from './read-mail.js';
import { splitReply } from './reply-text.js';

/*
 * Some 940 mails of many mail programs, bounces and deliberately broken ones, and 100 answers with what is new in them stated. They are
 * not part of the project: where the folder is absent this says so and tests nothing.
 */

const CORPUS = new URL('../../../../../shared/corpora/email/', import.meta.url);
const isPresent = existsSync(CORPUS);
if (!isPresent) console.warn(`NOT TESTED: the mail corpus is absent (${fileURLToPath(CORPUS)}).`);

interface Entry {
  file: string;
  expect: Record<string, unknown> | null;
  consensus?: { subject?: string; message_id?: string; from_address?: string };
}

const reader = new MailReader();
afterAll(() => reader.close());

async function entries(folder: RegExp): Promise<Entry[]> {
  const index = JSON.parse(await readFile(new URL('expected.json', CORPUS), 'utf8')) as { entries: Entry[] };
  return index.entries.filter(({ file }) => folder.test(file));
}

function isMail(file: string): boolean {
  return !/^(?:webhooks|tnef|headers)\/|\.(?:txt|html|json)$/.test(file);
}

function squeezed(text: unknown): string {
  return typeof text === 'string' ? text.replaceAll('\u0000', '').replaceAll(/\s+/g, ' ').trim().toLowerCase() : '';
}

(isPresent ? describe : describe.skip)('the corpus of mails', () => {
  it('is read whole: no mail is unreadable, every stated Message-ID and nearly every stated subject is right', async () => {
    const unreadable: string[] = [];
    const wrong = { subject: [] as string[], messageId: [] as string[], from: [] as string[] };
    const stated = { subject: 0, messageId: 0, from: 0 };
    const hidden: string[] = [];
    const mails = (await entries(/./)).filter(({ file }) => isMail(file));
    const check = (kind: keyof typeof wrong, file: string, want: unknown, got: string): void => {
      if (typeof want !== 'string') return;
      stated[kind] += 1;
      if (squeezed(want) !== squeezed(got)) wrong[kind].push(file);
    };
    for (const entry of mails) {
      const parsed = await readOrName(entry.file, unreadable);
      if (parsed === null) continue;
      check('subject', entry.file, entry.expect?.subject ?? entry.consensus?.subject, parsed.subject);
      check('messageId', entry.file, entry.expect?.message_id ?? entry.consensus?.message_id, parsed.messageId);
      // "MAILER-DAEMON" without a domain is no address.
      if (entry.consensus?.from_address?.includes('@')) check('from', entry.file, entry.consensus.from_address, parsed.from?.address ?? '');
      if (!isHarmless(parsed.safeHtml ?? '')) hidden.push(entry.file);
    }
    expect(mails.length).toBeGreaterThan(900);
    expect(unreadable).toEqual([]);
    expect(hidden).toEqual([]);
    expect(wrong.messageId).toEqual([]);
    expect(1 - wrong.subject.length / stated.subject).toBeGreaterThanOrEqual(0.995);
    expect(1 - wrong.from.length / stated.from).toBeGreaterThanOrEqual(0.99);
  });

  it('has its bounces known as bounces', async () => {
    const bounces = (await entries(/^dsn\/(?:sisimai|bounceparser|flufl-bounce|mikel-mail)\//)).filter(
      ({ file, expect: stated }) => isMail(file) && !/arf-|rfc3834/.test(file) && typeof stated?.class !== 'string',
    );
    const classes: string[] = [];
    for (const { file } of bounces) classes.push((await reader.read(await readFile(new URL(file, CORPUS)))).mailClass);
    expect(classes.filter((one) => one === 'bounce').length / classes.length).toBeGreaterThanOrEqual(0.96);
  });

  it('has its answers split from what they quote, at least as well as measured', async () => {
    const score = new Map<string, { right: number; all: number }>();
    for (const { file, expect: stated } of await entries(/^replies\//)) {
      const want = [stated?.reply_text, stated?.reply_text_also_ok, stated?.reply_text_ignoring_whitespace].filter(
        (text) => typeof text === 'string',
      );
      const must = (stated?.must_contain ?? []) as string[];
      if (want.length === 0 && must.length === 0) continue;
      const raw = await readFile(new URL(file, CORPUS));
      const isHtml = stated?.input === 'html';
      const { reply } = file.endsWith('.eml')
        ? (await reader.read(raw)).split
        : splitReply(isHtml ? '' : raw.toString(), isHtml ? raw.toString() : null);
      const isExact = want.some((text) => text.replaceAll(/\s+/g, '') === reply.replaceAll(/\s+/g, ''));
      const isGood =
        must.length > 0 &&
        must.every((text) => reply.includes(text)) &&
        !((stated?.must_not_contain ?? []) as string[]).some((text) => reply.includes(text));
      const set = file.split('/')[1] ?? '';
      const { right, all } = score.get(set) ?? { right: 0, all: 0 };
      score.set(set, { right: right + (isExact || isGood ? 1 : 0), all: all + 1 });
    }
    const reached = Object.fromEntries([...score].map(([set, { right, all }]) => [set, `${right}/${all}`]));
    const floors: Record<string, number> = { talon: 6, 'talon-html': 7, email_reply_trimmer: 37, crisp: 25, 'omnidesk-synthetic': 19 };
    for (const [set, floor] of Object.entries(floors))
      expect([set, reached[set], (score.get(set)?.right ?? 0) >= floor]).toEqual([set, reached[set], true]);
  });

  it('has its answers find their conversation by our token, wherever it is, and strangers find none', async () => {
    const seal: TokenSeal = {
      key: Buffer.alloc(32, 7),
      tenantId: '0a000000-0000-4000-8000-000000000001',
      mailboxId: '0b000000-0000-4000-8000-000000000001',
    };
    const conversationId = '0190e3a1-7c11-7def-8a2b-5c1d2e3f4a5b';
    const messageId = mintMessageId(seal, { conversationId, messageId: '0190e3a1-7c12-7aaa-9bbb-00ff12345678' }, 'omnidesk.test');
    const replyTo = mintReplyAddress(seal, conversationId, 'support@omnidesk.test') ?? '';
    const fill: Record<string, string> = {
      OUT_MSGID: `<${messageId}>`,
      REPLY_TO: replyTo,
      REPLY_TO_UPPER: replyTo.toUpperCase(),
      BAD_REPLY_TO: replyTo.replace(/.@/, '7@').toUpperCase(),
      NUM: '1001',
      LOOP: 'loop',
      VERP: 'support@omnidesk.test',
    };
    const found: Record<string, boolean> = {};
    for (const { file, expect: stated } of await entries(/^scenarios\//)) {
      const template = await readFile(new URL(file, CORPUS), 'utf8');
      const filled = template.replaceAll(/\{\{([A-Z_]+)\}\}/g, (_, name: string) => fill[name] ?? '');
      const tokens = findTokens(seal, await reader.read(Buffer.from(filled)));
      const name = file.split('/').at(-1) ?? '';
      // A subject tag alone is no secret: whether that is appended is not for a token to say.
      if ((stated?.decision === 'append' || stated?.bounced_message !== undefined) && !name.includes('subject-tag'))
        found[name] = tokens.length > 0;
      if (typeof stated?.never_append_to === 'string') expect([name, tokens]).toEqual([name, []]);
    }
    expect(Object.entries(found).filter(([, isFound]) => !isFound)).toEqual([]);
    expect(Object.keys(found).length).toBeGreaterThanOrEqual(8);
  });
});

async function readOrName(file: string, unreadable: string[]): Promise<ParsedMail | null> {
  try {
    return await reader.read(await readFile(new URL(file, CORPUS)));
  } catch (error) {
    unreadable.push(`${file} ${error instanceof UnreadableMail ? error.code : String(error)}`);
    return null;
  }
}

function isHarmless(html: string): boolean {
  let harmless = true;
  visitHtml(html, {
    text: () => undefined,
    close: () => undefined,
    open: (name, attributes) => {
      const acts = /^(?:script|style|form|iframe|svg|math|object|embed|base|meta|link)$/.test(name);
      const fetches = [...attributes].some(
        ([key, value]) => /^on|^(?:class|id|srcset|background)$/.test(key) || (key === 'src' && !value.startsWith('cid:')),
      );
      if (acts || fetches) harmless = false;
    },
  });
  return harmless;
}

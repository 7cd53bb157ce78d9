import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import type { Message } from '#contract';
import { CorpusHouse } from './corpus-mail-house.js';

/*
 * Templates of mails about a conversation with a customer, filled with what really went out to her, and what must come of each. They are
 * not part of the project: where the folder is absent this says so and tests nothing.
 */

const SCENARIOS = new URL('../../../shared/corpora/email/scenarios/omnidesk-synthetic/', import.meta.url);
const isPresent = existsSync(SCENARIOS);
if (!isPresent) console.warn(`NOT TESTED: the scenarios of the mail corpus are absent (${fileURLToPath(SCENARIOS)}).`);

interface Stated {
  decision?: 'append' | 'new' | 'duplicate' | 'bounce' | 'receipt';
  author?: string;
  class?: string;
  flags?: string[];
  no_auto_response?: boolean;
  no_reopen?: boolean;
  kind?: string;
  recipient?: string;
  bounced_message?: string;
  message_id?: string;
  internal_note?: string;
  body?: string;
  must_not?: string[];
}

(isPresent ? describe : describe.skip)('the scenarios of the mail corpus', () => {
  let house: CorpusHouse;
  let stated: Record<string, Stated> = {};

  beforeAll(async () => {
    house = await CorpusHouse.open();
    const index = JSON.parse(String(await readFile(new URL('../../expected.json', SCENARIOS)))) as {
      entries: { file: string; expect: Stated }[];
    };
    const own = index.entries.filter(({ file }) => file.startsWith('scenarios/'));
    stated = Object.fromEntries(own.map(({ file, expect: facts }) => [file.split('/').at(-1)!.replace('.eml', ''), facts]));
    expect(Object.keys(stated)).toHaveLength(26);
  });
  afterAll(() => house.close());

  const template = async (name: string) => String(await readFile(new URL(`${name}.eml`, SCENARIOS)));
  const takes = async (name: string, change: (text: string) => string = (text) => text, mailbox = house.support) =>
    house.takes(Buffer.from(house.fill(change(await template(name)))), mailbox);
  const close = async () => {
    expect((await house.tenant.owner.patch(`/api/conversations/${house.conversationId}`, { status: 'closed' })).status).toBe(200);
  };
  const automaticMailTo = async (address: string) => {
    await house.world.drain();
    return house.world.simulator.mailTo(address).filter(({ raw }) => /^Auto-Submitted: auto-replied/im.test(raw.toString()));
  };
  const sent = async (id: string): Promise<Message> => (await house.thread()).find((message) => message.id === id)!;

  it.each([
    't01-reply-in-reply-to',
    't02-reply-references-only',
    't07-reply-token-in-delivered-to',
    't08-reply-token-case-folded',
    't10-subject-tag-by-contact',
    't12-new-question-reusing-old-thread',
    't13-in-reply-to-multiple-commas',
    't14-references-overwritten-apple',
    'a04-auto-submitted-no',
  ])('%s goes into the conversation it answers', async (name) => {
    const before = await house.conversationCount();
    // Two of them carry one Message-ID.
    const { messages } = await takes(name, (text) => text.replace('<r1@', `<${name}@`));
    expect(messages).toHaveLength(1);
    expect(messages[0]!.message.conversationId).toBe(house.conversationId);
    expect(await house.conversationCount()).toBe(before);
    const { author, flags, class: mailClass } = stated[name]!;
    if (author !== undefined) expect(messages[0]!.message.mail!.from!.address).toBe(author);
    if (flags !== undefined) expect(messages[0]!.message.mail!.flags).toEqual(expect.arrayContaining(flags));
    if (mailClass !== undefined) expect(messages[0]!.message.mail!.class).toBe(mailClass);
  });

  it.each([
    't03-stranger-guesses-customer-msgid',
    't16-no-message-id',
    't18-message-id-without-brackets',
    'a06-x-auto-response-suppress-human',
    'a09-null-sender-not-dsn',
    'a07-mailing-list',
  ])('%s opens a conversation of its own', async (name) => {
    const before = await house.conversationCount();
    const { messages } = await takes(name);
    expect(messages).toHaveLength(1);
    expect(messages[0]!.message.conversationId).not.toBe(house.conversationId);
    expect(await house.conversationCount()).toBe(before + 1);
    const { author, class: mailClass, message_id: id } = stated[name]!;
    if (author !== undefined) expect(messages[0]!.message.mail!.from!.address).toBe(author);
    if (mailClass !== undefined) expect(messages[0]!.message.mail!.class).toBe(mailClass);
    if (id !== undefined) expect(messages[0]!.externalId.split(' ')[0]).toBe(id);
    // The same mail again is the same mail, also where it has no id.
    expect((await takes(name)).messages).toEqual([]);
    expect(await house.conversationCount()).toBe(before + 1);
  });

  it.each(['a01-ooo-nl-auto-submitted', 'a02-ooo-de-no-auto-submitted'])(
    '%s is kept, reopens nothing, and gets no answer',
    async (name) => {
      await close();
      const { messages } = await takes(name);
      expect(messages).toMatchObject([{ message: { conversationId: house.conversationId, mail: { class: 'auto_reply' } } }]);
      expect((await house.conversation()).status).toBe('closed');
      expect(stated[name]).toMatchObject({ no_auto_response: true });
    },
  );

  it('answers by itself whom it may, and none of those who must not be answered', async () => {
    await house.world.rows("update mailbox set auto_reply_on = true, auto_reply_text = 'Wij hebben uw bericht.'");
    const people = Object.entries(stated).filter(([, { no_auto_response: mustNot }]) => mustNot === true);
    expect(people.length).toBeGreaterThanOrEqual(5);
    for (const [name] of people) {
      const address = /^From:[^<\n]*<([^>]+)>/m.exec(await template(name))![1]!;
      const before = (await automaticMailTo(address)).length;
      await takes(name, (text) =>
        text.replace(/^Message-ID: <[^@]+/m, `Message-ID: <again-${name}`).replaceAll('{{OUT_MSGID}}', '<other@other.example>'),
      );
      expect([name, (await automaticMailTo(address)).length]).toEqual([name, before]);
    }
    const human =
      'From: Nieuw <nieuw@klant.example>\r\nTo: support@omnidesk.test\r\nSubject: Vraag\r\nMessage-ID: <human@klant.example>\r\n\r\nHallo\r\n';
    await house.takes(Buffer.from(human));
    expect(await automaticMailTo('nieuw@klant.example')).toHaveLength(1);
    await house.world.rows('update mailbox set auto_reply_on = false');
  });

  it('t19: a mail to two mailboxes is one conversation, seen in both', async () => {
    const before = await house.conversationCount();
    const one = await takes('t19a-duplicate-to-mailbox1');
    const other = await takes('t19b-duplicate-to-mailbox2', undefined, house.sales);
    expect([one.messages.length, other.messages.length]).toEqual([1, 0]);
    expect(await house.conversationCount()).toBe(before + 1);
    const [message] = await house.thread(one.messages[0]!.message.conversationId);
    expect(message!.mail!.alsoReceivedIn).toMatchObject([{ id: house.sales.connectionId }]);
  });

  it('t24: a web form is whom it names only where an admin has listed it, and is answered there in any case', async () => {
    const facts = stated['t24-reply-to-webform'] as Record<string, string>;
    const plain = await takes('t24-reply-to-webform');
    expect(plain.messages[0]!.message.author.name).toBe('Website');
    expect(await house.conversation(plain.messages[0]!.message.conversationId)).toMatchObject({
      mail: { replyAddress: facts['reply_goes_to'] },
    });
    expect(await house.support.conversationIds(facts['author_otherwise']!)).toHaveLength(1);
    const named = (await house.support.conversationIds(facts['author_if_forwarder_allowlisted']!)).length;
    await house.settings({ forms: ['noreply@webform.example'] });
    await takes('t24-reply-to-webform', (text) => text.replace('<wf@', '<wf-2@'));
    await house.settings({});
    expect(await house.support.conversationIds(facts['author_if_forwarder_allowlisted']!)).toHaveLength(named + 1);
  });

  it('t26: what an agent passes on is its author’s, with the agent’s words as a note', async () => {
    const { author, internal_note: note, body } = stated['t26-agent-forwards-dutch']!;
    const { messages } = await takes('t26-agent-forwards-dutch');
    const said = messages.find(({ message }) => message.direction === 'in')!.message;
    expect(said).toMatchObject({ text: body, author: { name: 'Anna de Vries' }, mail: { forwardedBy: { address: 'piet@omnidesk.test' } } });
    expect(said.conversationId).not.toBe(house.conversationId);
    expect(await house.support.conversationIds(author!)).toContain(said.conversationId);
    const thread = await house.thread(said.conversationId);
    expect(thread.map(({ text }) => text)).toContain(note);
  });

  it('b02: a delay is no failure, and opens no conversation', async () => {
    const id = await house.answer();
    const before = await house.conversationCount();
    expect(await takes('b02-delayed')).toMatchObject({ messages: [], quarantined: null });
    expect((await sent(id)).delivery).toMatchObject({ state: 'sent', code: 'delayed' });
    expect(await house.conversationCount()).toBe(before);
  });

  it.each([
    ['b03-soft-mailbox-full', 'bounced_mailbox_full'],
    ['b01-hard-bounce', 'bounced_user_unknown'],
    ['b04-headers-only', 'bounced_user_unknown'],
  ])('%s: the very message says that it was not delivered, and the conversation comes back', async (name, code) => {
    const id = await house.answer();
    await close();
    const before = await house.conversationCount();
    expect(await takes(name)).toMatchObject({ messages: [], quarantined: null });
    expect((await sent(id)).delivery).toMatchObject({ state: 'failed', code });
    expect((await house.conversation()).status).toBe('open');
    expect(await house.conversationCount()).toBe(before);
  });

  it('b06: a report that proves nothing changes nothing', async () => {
    const id = await house.answer();
    const forged = await takes('b01-hard-bounce', (text) => text.replaceAll('{{OUT_MSGID}}', '<m.forged@omnidesk.test>'));
    expect(forged.quarantined).toMatchObject({ code: 'unmatched_bounce' });
    expect((await sent(id)).delivery).toMatchObject({ state: 'sent', code: null });
  });

  it('b09: a receipt marks the message as read, reopens nothing and opens nothing', async () => {
    const id = await house.answer();
    await close();
    const before = await house.conversationCount();
    expect(await takes('b09-mdn-read-receipt')).toMatchObject({ messages: [], quarantined: null });
    expect((await sent(id)).delivery).toMatchObject({ state: 'read' });
    expect((await house.conversation()).status).toBe('closed');
    expect(await house.conversationCount()).toBe(before);
  });
});

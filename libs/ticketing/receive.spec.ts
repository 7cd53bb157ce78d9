import type { InboundControl, InboundEdit, InboundFact, InboundReaction, InboundReceipt, InboundReferral, InboundUnsend } from '#channels';
import { DAY_MS } from '#platform';
import { at, comment, event, message, PAGE, Receiving } from '../../test/receiving.js';
import type { Arrival } from './arrival.js';
import { CONTROL_COLUMNS, type ControlRow, describeControl } from './control.js';
import { EARLY_EVENT_DAYS_MAX } from './early-event.js';
import { EARLIER_TEXTS } from './message-version.js';
import { RAW_KEEP_DAYS_MAX } from './raw-event.js';

const ANN = '5001';
const BOB = '5002';
const CAS = '5003';

/** What happens to what was said, and everything a thread has beside messages, promise by promise. */
describe('taking in', () => {
  let house: Receiving;
  let spaak: Arrival;
  let linden: Arrival;

  beforeAll(async () => {
    house = await Receiving.open();
  });
  afterAll(() => house.close());
  beforeEach(async () => {
    [spaak, linden] = [await house.tenant(), await house.tenant()];
  });

  const edit = (externalId: string, text: string, more: Partial<InboundEdit> = {}) =>
    event<InboundEdit>({ type: 'edit', personId: ANN, externalId, text, editNumber: null, editedAt: at(10), ...more });
  const unsend = (externalId: string) => event<InboundUnsend>({ type: 'unsend', personId: ANN, externalId, unsentAt: at(20) });
  const reaction = (externalId: string, more: Partial<InboundReaction> = {}) =>
    event<InboundReaction>({ type: 'reaction', personId: ANN, externalId, emoji: '❤', reactedAt: at(30), ...more });
  const referral = (more: Partial<InboundReferral> = {}) =>
    event<InboundReferral>({
      type: 'referral',
      personId: ANN,
      cameAt: at(40),
      referral: { source: 'link', ref: 'spring', adId: null, title: 'A bench', url: null },
      ...more,
    });
  const control = (change: InboundControl['change'], second: number, appId: string | null = null) =>
    event<InboundControl>({ type: 'control', personId: ANN, change, appId, changedAt: at(second) });
  const agreed = (more: Partial<InboundFact> = {}) =>
    event<InboundFact>({
      type: 'fact',
      personId: ANN,
      kind: 'opted_in',
      externalId: 'opt-1',
      happenedAt: at(50),
      content: { text: 'Sale news' },
      raw: '{"optin":1}',
      ...more,
    });

  const said = async (arrival: Arrival, externalId: string) =>
    (
      await house.rows<{ text: string; edited: boolean; unsent_at: Date | null; earlier: { text: string }[] | null; hidden: boolean }>(
        arrival,
        `select *, ${EARLIER_TEXTS} as earlier from message where external_id = $1`,
        [externalId],
      )
    )[0];
  const conversations = (arrival: Arrival) =>
    house.rows<{
      kind: string;
      thread: string | null;
      preview: string;
      status: string;
      unread: boolean;
      last_inbound_at: Date | null;
      last_message_at: Date;
      closed_at: Date | null;
      person: string;
      number: string;
    }>(
      arrival,
      `select *, thread_external_id as thread,
         (select external_id from contact_identity known where known.contact_id = conversation.contact_id order by 1 limit 1) as person
       from conversation order by number`,
    );
  const held = async (arrival: Arrival) => {
    const [row] = await house.rows<ControlRow>(arrival, `select ${CONTROL_COLUMNS} from conversation where kind = 'messages'`);
    return describeControl(row!);
  };
  const lines = (arrival: Arrival) =>
    house.rows<{ kind: string; detail: string | null; text: string }>(
      arrival,
      "select kind, detail, text from message where direction = 'system' order by sent_at, external_id",
    );
  const count = async (arrival: Arrival, sql: string) => Number((await house.rows<{ count: string }>(arrival, sql))[0]!.count);

  describe('an edit', () => {
    it('shows the newest words, and keeps what was said before, oldest first, in whichever order the edits come', async () => {
      const edits = [1, 2, 3].map((editNumber) => edit('m1', `words ${String(editNumber)}`, { editNumber, editedAt: at(editNumber) }));
      await house.take(spaak, message(ANN, 'm1', { content: { text: 'first words' } }), edits[2]!, edits[0]!, edits[1]!, edits[0]!);
      expect(await said(spaak, 'm1')).toMatchObject({ text: 'words 3', edited: true });
      expect((await said(spaak, 'm1'))!.earlier!.map(({ text }) => text)).toEqual(['first words', 'words 1', 'words 2']);
      expect(await conversations(spaak)).toMatchObject([{ preview: 'words 3' }]);
    });

    it('waits for a message that has not come yet', async () => {
      await house.take(spaak, edit('m1', 'better words'));
      expect(await conversations(spaak)).toEqual([]);
      await house.take(spaak, message(ANN, 'm1'));
      expect(await said(spaak, 'm1')).toMatchObject({ text: 'better words', edited: true });
      expect(await conversations(spaak)).toMatchObject([{ preview: 'better words' }]);
      expect(await count(spaak, 'select count(*) from early_event')).toBe(0);
    });

    it('leaves the message of the same name of another tenant as it is', async () => {
      await house.take(linden, message(ANN, 'm1'));
      await house.take(spaak, edit('m1', 'of another business'));
      expect(await said(linden, 'm1')).toMatchObject({ text: 'said m1', edited: false });
    });

    it('changes the list only where the message is the last one', async () => {
      await house.take(spaak, message(ANN, 'm1'), message(ANN, 'm2', { sentAt: at(5) }), edit('m1', 'older words'));
      expect(await conversations(spaak)).toMatchObject([{ preview: 'said m2' }]);
    });
  });

  describe('what waits', () => {
    it('is what the policy lets be kept: no words where words are not recorded', async () => {
      const silent = await house.tenant({ message_text: 'never' });
      await house.take(silent, edit('m9', 'a secret'), referral(), agreed());
      const waiting = await house.rows<{ event: unknown }>(silent, 'select event from early_event');
      expect(waiting).toHaveLength(3);
      expect(JSON.stringify(waiting)).not.toMatch(/secret|spring|bench|Sale/);
    });

    it('waits once, however often it comes, and for a week', async () => {
      await house.take(spaak, edit('m9', 'words'), edit('m9', 'words'), reaction('m9'), unsend('m9'));
      expect(await count(spaak, 'select count(*) from early_event')).toBe(3);
      await house.sweep.sweep(spaak.tenantId);
      expect(await count(spaak, 'select count(*) from early_event')).toBe(3);
      house.clock.advance({ days: EARLY_EVENT_DAYS_MAX, hours: 1 });
      await house.take(linden, edit('m9', 'words'));
      await house.sweep.sweep(spaak.tenantId);
      expect(await count(spaak, 'select count(*) from early_event')).toBe(0);
      expect(await count(linden, 'select count(*) from early_event')).toBe(1);
    });
  });

  describe('a message that was taken back', () => {
    it('is marked, leaves the list, and keeps its words in its row', async () => {
      await house.take(spaak, message(ANN, 'm1'), unsend('m1'), unsend('m1'));
      expect(await said(spaak, 'm1')).toMatchObject({ unsent_at: at(20), text: 'said m1' });
      expect(await conversations(spaak)).toMatchObject([{ preview: '' }]);
    });

    it('may be one that was said from our side, and may be named before it comes', async () => {
      await house.take(spaak, unsend('m1'), message(ANN, 'm1', { direction: 'out' }));
      expect(await said(spaak, 'm1')).toMatchObject({ unsent_at: at(20) });
    });
  });

  describe('a receipt', () => {
    const receipt = (state: InboundReceipt['state'], second: number, externalIds: string[] = []) =>
      event<InboundReceipt>({ type: 'receipt', personId: ANN, state, watermarkAt: at(second), externalIds });
    const states = async () =>
      (
        await house.rows<{ delivery_state: string }>(spaak, "select delivery_state from message where direction = 'out' order by sent_at")
      ).map(({ delivery_state }) => delivery_state);

    it('tells of messages that come after it', async () => {
      await house.take(spaak, receipt('read', 5), receipt('delivered', 8));
      for (const second of [4, 7, 9]) await house.take(spaak, message(ANN, `o${String(second)}`, { direction: 'out', sentAt: at(second) }));
      expect(await states()).toEqual(['read', 'delivered', 'sent']);
    });

    it('never takes a message back to an earlier state', async () => {
      await house.take(spaak, message(ANN, 'o1', { direction: 'out', sentAt: at(1) }), receipt('read', 5), receipt('delivered', 9, ['o1']));
      expect(await states()).toEqual(['read']);
    });

    it('is not kept where the tenant keeps none', async () => {
      const discreet = await house.tenant({ receipts: 'never' });
      await house.take(discreet, receipt('read', 5, ['o1']), message(ANN, 'o1', { direction: 'out', sentAt: at(1) }));
      expect(await house.rows(discreet, 'select delivery_state from message')).toEqual([{ delivery_state: 'sent' }]);
      expect(await count(discreet, 'select count(*) from early_event')).toBe(0);
    });
  });

  describe('comments', () => {
    it('are one conversation for what stands below one comment, also when many are heard at once', async () => {
      const crowd = Array.from({ length: 8 }, (_, n) =>
        comment(`60${String(n)}`, `r${String(n)}`, { parentExternalId: 'top', sentAt: at(n + 1) }),
      );
      await Promise.all([comment(ANN, 'top'), ...crowd, ...crowd].map((one) => house.receive.event(spaak, one)));
      expect(await conversations(spaak)).toMatchObject([{ kind: 'comments', thread: 'top', person: ANN, preview: 'commented r7' }]);
      expect(await count(spaak, "select count(*) from message where kind = 'comment'")).toBe(9);
      expect(await conversations(linden)).toEqual([]);
    });

    it('belong to the first who answers until the comment on top is heard, and then to its author', async () => {
      await house.take(spaak, comment(CAS, 'r2', { parentExternalId: 'top', sentAt: at(9) }));
      await house.take(spaak, comment(BOB, 'r1', { parentExternalId: 'top', sentAt: at(5) }));
      expect(await conversations(spaak)).toMatchObject([{ thread: 'top', person: BOB }]);
      await house.take(spaak, comment(ANN, 'top'));
      expect(await conversations(spaak)).toMatchObject([{ thread: 'top', person: ANN }]);
    });

    it('find each other once the answer between them is heard', async () => {
      await house.take(spaak, comment(CAS, 'r2', { parentExternalId: 'r1', sentAt: at(9) }), comment(ANN, 'top'));
      expect(await conversations(spaak)).toHaveLength(2);
      await house.take(spaak, comment(BOB, 'r1', { parentExternalId: 'top', sentAt: at(5) }));
      expect(await conversations(spaak)).toMatchObject([{ thread: 'top', person: ANN, preview: 'commented r2', unread: true }]);
      expect(await count(spaak, 'select count(*) from message')).toBe(3);
    });

    it('of the page open nothing by themselves, and stand where they belong once somebody answers', async () => {
      const own = { direction: 'out' as const };
      await house.take(spaak, comment(PAGE, 'ours', own), comment(PAGE, 'ours too', { ...own, parentExternalId: 'top', sentAt: at(2) }));
      expect(await conversations(spaak)).toEqual([]);
      await house.take(spaak, comment(ANN, 'r1', { parentExternalId: 'ours', sentAt: at(3) }), comment(BOB, 'top', { sentAt: at(1) }));
      expect(await conversations(spaak)).toMatchObject([
        { thread: 'ours', person: ANN },
        { thread: 'top', person: BOB, preview: 'commented ours too' },
      ]);
      expect(await house.rows(spaak, "select author_kind from message where direction = 'out'")).toEqual([
        { author_kind: 'outside' },
        { author_kind: 'outside' },
      ]);
      expect(await count(spaak, 'select count(*) from contact')).toBe(2);
    });

    it('show the newest act of hiding, in any order, and what an edit made of them', async () => {
      const act = (name: 'hide' | 'unhide' | 'edit', second: number) =>
        comment(ANN, 'top', { act: name, actedAt: at(second), sentAt: null, content: { text: 'edited' } });
      await house.take(spaak, act('hide', 3), act('unhide', 2), comment(ANN, 'top'), act('edit', 4));
      expect(await said(spaak, 'top')).toMatchObject({ hidden: true, text: 'edited' });
      await house.take(spaak, act('unhide', 5), act('hide', 3));
      expect(await said(spaak, 'top')).toMatchObject({ hidden: false });
    });

    it('and messages of one person are one contact, called by the name that came with a comment', async () => {
      await house.take(spaak, message(ANN, 'm1'), comment(ANN, 'top', { content: { text: 'hello', senderName: 'Ann Test' } }));
      expect(await house.rows(spaak, 'select name from contact')).toEqual([{ name: 'Ann Test' }]);
      expect(await conversations(spaak)).toMatchObject([
        { kind: 'messages', person: ANN },
        { kind: 'comments', person: ANN },
      ]);
    });

    it('of somebody whom the vendor keeps from us are of “Someone on Facebook”', async () => {
      await house.take(spaak, comment('comment:top', 'top'));
      expect(await house.rows(spaak, 'select name from contact')).toEqual([{ name: 'Someone on Facebook' }]);
    });

    it('open no window to write to the person, and a message after them begins a conversation of its own', async () => {
      await house.take(spaak, comment(ANN, 'top'), reaction('top', { personId: BOB }));
      expect(await conversations(spaak)).toMatchObject([{ last_inbound_at: null }]);
      await house.take(spaak, message(ANN, 'm1'));
      expect(await conversations(spaak)).toHaveLength(2);
    });

    it('are liked by people and by the page', async () => {
      await house.take(spaak, reaction('top', { personId: PAGE }), comment(ANN, 'top'), reaction('top', { personId: BOB, emoji: '👍' }));
      expect(await said(spaak, 'top')).toMatchObject({ liked: true });
      expect(await house.rows(spaak, 'select emoji from reaction')).toEqual([{ emoji: '👍' }]);
    });

    it('are passed over where the tenant wants none, and taken in by the other', async () => {
      await house.rows(spaak, 'update connection set comments = false');
      await Promise.all([spaak, linden].map((arrival) => house.take(arrival, comment(ANN, 'top'))));
      expect(await conversations(spaak)).toEqual([]);
      expect(await conversations(linden)).toHaveLength(1);
    });
  });

  describe('a way the person came', () => {
    const known = (arrival: Arrival) => house.rows(arrival, 'select source, ref, title, came_at from referral order by came_at');

    it('is noted once with the conversation, and renews the time in which we may answer', async () => {
      await house.take(spaak, message(ANN, 'm1'), referral(), referral());
      expect(await known(spaak)).toEqual([{ source: 'link', ref: 'spring', title: 'A bench', came_at: at(40) }]);
      expect(await conversations(spaak)).toMatchObject([{ last_inbound_at: at(40) }]);
      expect(await known(linden)).toEqual([]);
    });

    it('opens no conversation, and waits for the first word', async () => {
      await house.take(spaak, referral());
      expect(await conversations(spaak)).toEqual([]);
      await house.take(spaak, message(ANN, 'm1', { sentAt: at(45) }), referral());
      expect(await known(spaak)).toHaveLength(1);
    });

    it('may come with the message, and says nothing that is not to be recorded', async () => {
      const silent = await house.tenant({ message_text: 'never' });
      const facts = { source: 'ad' as const, ref: 'private', adId: '9', title: 'T', url: 'https://shop.example' };
      for (const arrival of [spaak, silent]) await house.take(arrival, message(ANN, 'm1', { referral: facts }));
      expect(await known(spaak)).toMatchObject([{ source: 'ad', ref: 'private' }]);
      expect(await known(silent)).toMatchObject([{ source: 'ad', ref: null, title: null }]);
    });
  });

  describe('who has the thread', () => {
    it('is another app while we only look on, and ours again when the person writes to us', async () => {
      await house.take(spaak, message(ANN, 'm1'));
      expect(await held(spaak)).toMatchObject({ holder: 'us' });
      await house.take(spaak, message(ANN, 'm2', { isStandby: true, sentAt: at(10) }));
      expect(await held(spaak)).toEqual({ holder: 'other_app', appId: null, app: 'unknown', since: null, requestedAt: null });
      await house.take(spaak, message(ANN, 'm3', { sentAt: at(20) }), message(ANN, 'm4', { isStandby: true, sentAt: at(15) }));
      expect(await held(spaak)).toMatchObject({ holder: 'us' });
      expect(await lines(spaak)).toEqual([]);
    });

    it('is told by the vendor, newest word first in any order, with one small line each', async () => {
      await house.take(
        spaak,
        message(ANN, 'm1'),
        control('us', 30),
        control('other_app', 20, '77'),
        control('other_app', 40, '263902037430900'),
      );
      await house.take(spaak, control('us', 30), control('requested', 35, '77'));
      expect(await held(spaak)).toMatchObject({
        holder: 'other_app',
        app: 'page_inbox',
        appId: '263902037430900',
        since: at(40).toISOString(),
      });
      expect((await lines(spaak)).map(({ kind, detail }) => `${kind} ${detail ?? ''}`)).toEqual([
        'control_changed other_app',
        'control_changed us',
        'control_changed requested',
        'control_changed other_app',
      ]);
    });

    it('shows who asks for it while it is ours, and is the same in the next conversation', async () => {
      await house.take(spaak, control('requested', 5, '77'), message(ANN, 'm1'), control('other_app', 60, '78'));
      await house.rows(spaak, "update conversation set status = 'closed', closed_at = $1", [at(-40 * 86_400)]);
      await house.take(spaak, message(ANN, 'm2', { isStandby: true, sentAt: at(70) }));
      const all = await house.rows<ControlRow>(spaak, `select ${CONTROL_COLUMNS} from conversation order by number`);
      expect(all.map(describeControl)).toMatchObject([{ appId: '78' }, { holder: 'other_app', appId: '78' }]);
      await house.take(linden, message(ANN, 'm1'));
      expect(await held(linden)).toMatchObject({ holder: 'us', requestedAt: null });
    });
  });

  describe('what the person agreed to', () => {
    it('is one small line in the conversation, never a conversation', async () => {
      await house.take(spaak, agreed());
      expect(await conversations(spaak)).toEqual([]);
      await house.take(spaak, message(ANN, 'm1'), agreed(), agreed());
      expect(await lines(spaak)).toEqual([{ kind: 'opted_in', detail: null, text: 'Sale news' }]);
      expect(await conversations(spaak)).toMatchObject([{ preview: 'said m1' }]);
    });
  });

  describe('an event as it came', () => {
    it('is kept only where the tenant wants it, once, and for thirty days', async () => {
      const keeps = await house.tenant({ raw_deliveries: 'record' });
      const odd = message(ANN, 'u1', { kind: 'unsupported', content: { text: '', detail: 'novelty' }, raw: '{"novelty":1}' });
      for (const arrival of [spaak, keeps]) await house.take(arrival, odd, odd, agreed(), agreed());
      expect(await count(spaak, 'select count(*) from raw_event')).toBe(0);
      expect(await count(keeps, 'select count(*) from raw_event')).toBe(2);
      house.clock.advance({ days: RAW_KEEP_DAYS_MAX, hours: 1 });
      await house.sweep.sweep(keeps.tenantId);
      expect(await count(keeps, 'select count(*) from raw_event')).toBe(0);
    });
  });

  describe('a guest who becomes known', () => {
    it('is one contact with what was said before, and the guest is gone', async () => {
      await house.take(spaak, message('user_ref:g1', 'm1'), reaction('m1', { personId: 'user_ref:g1' }));
      await house.take(linden, message('user_ref:g1', 'm1'));
      const first = message(ANN, 'm2', { formerPersonId: 'user_ref:g1', sentAt: at(9) });
      await house.take(spaak, first, first, message('user_ref:g1', 'm3', { sentAt: at(10) }));
      expect(await count(spaak, 'select count(*) from contact')).toBe(1);
      expect(await conversations(spaak)).toMatchObject([{ preview: 'said m3' }]);
      expect(await house.rows(spaak, 'select distinct author_contact_id = (select id from contact) as same from message')).toEqual([
        { same: true },
      ]);
      expect(await count(linden, 'select count(*) from contact_identity')).toBe(1);
    });
  });

  it('brings along what waited for a guest, once the guest is known', async () => {
    await house.take(spaak, agreed({ personId: 'user_ref:g1' }), referral({ personId: 'user_ref:g1' }));
    await house.take(spaak, message(ANN, 'm1', { formerPersonId: 'user_ref:g1', sentAt: at(60) }));
    expect(await lines(spaak)).toEqual([{ kind: 'opted_in', detail: null, text: 'Sale news' }]);
    expect(await count(spaak, 'select count(*) from referral')).toBe(1);
    expect(await count(spaak, 'select count(*) from early_event')).toBe(0);
  });

  describe('what was missed', () => {
    const missed = (externalId: string, second: number) => message(ANN, externalId, { origin: 'gap', sentAt: at(second) });
    const close = () => house.rows(spaak, "update conversation set status = 'closed', unread = false, closed_at = $1", [at(500)]);

    it('reopens a conversation as its newest word, and not as an older one', async () => {
      await house.take(spaak, message(ANN, 'm1', { sentAt: at(100) }));
      await close();
      await house.take(spaak, missed('m0', 50));
      expect(await conversations(spaak)).toMatchObject([{ status: 'closed', unread: false, preview: 'said m1' }]);
      await house.take(spaak, missed('m2', 200), missed('m2', 200));
      expect(await conversations(spaak)).toMatchObject([{ status: 'open', unread: true, preview: 'said m2', last_message_at: at(200) }]);
    });

    it('is in the feed quietly, and what happens now is not', async () => {
      await house.take(spaak, missed('m1', 1), message(ANN, 'm2', { sentAt: at(2) }));
      expect(await house.rows(spaak, "select type, quiet from feed_line where type <> 'conversation_changed' order by seq")).toEqual([
        { type: 'conversation_opened', quiet: true },
        { type: 'message_added', quiet: true },
        { type: 'message_added', quiet: false },
      ]);
    });
  });

  describe('the past of a page just connected', () => {
    const ago = (days: number) => new Date(house.clock.now().getTime() - days * DAY_MS);
    const past = (externalId: string, days: number, direction: 'in' | 'out' = 'in') =>
      message(ANN, externalId, { origin: 'import', direction, sentAt: ago(days) });

    it('is closed with its last word, and nobody is asked to read it', async () => {
      await house.take(spaak, past('m1', 20), past('m2', 18, 'out'));
      const [imported] = await conversations(spaak);
      expect(imported).toMatchObject({ status: 'closed', unread: false, preview: 'said m2' });
      expect(imported!.closed_at).toEqual(imported!.last_message_at);
    });

    it('is open where a young word of the person has no answer, whichever is heard first', async () => {
      await house.take(spaak, past('m1', 2), past('m0', 3, 'out'));
      expect(await conversations(spaak)).toMatchObject([{ status: 'open', unread: false, closed_at: null }]);
      await house.take(spaak, past('m2', 1, 'out'));
      expect(await conversations(spaak)).toMatchObject([{ status: 'closed', unread: false }]);
    });

    it('wakes nothing that lives already', async () => {
      await house.take(spaak, message(ANN, 'm9', { sentAt: ago(1) }));
      await house.rows(spaak, "update conversation set status = 'closed', unread = false, closed_at = $1", [ago(1)]);
      await house.take(spaak, past('m1', 5), past('m2', 0.5));
      expect(await conversations(spaak)).toMatchObject([{ status: 'closed', unread: false }]);
      await house.take(spaak, message(ANN, 'm10', { sentAt: ago(0) }));
      expect(await conversations(spaak)).toMatchObject([{ status: 'open', unread: true }]);
    });
  });

  it('takes in several events whole or not at all', async () => {
    const broken = message(ANN, 'no table holds \0');
    const together = [message(ANN, 'm1'), broken].map((one) => ({ arrival: spaak, event: one }));
    await expect(house.receive.together(together)).rejects.toThrow();
    expect(await conversations(spaak)).toEqual([]);
    await house.receive.together([{ arrival: spaak, event: message(ANN, 'm1') }]);
    expect(await conversations(spaak)).toHaveLength(1);
  });
});

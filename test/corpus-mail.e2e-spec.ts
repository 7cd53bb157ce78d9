import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { CorpusHouse, type Seen } from './corpus-mail-house.js';
import { addressesShown, asMail, canonicalForms, idsFound, wrapped } from './corpus-mail-pieces.js';
import { type Became, type Entry, type Outcome, outcomesOf, readability } from './corpus-mail-rules.js';

/*
 * Mails of many programs, broken and hostile ones, bounces and answers: brought in by the webhook, looked at in the API. They are not part
 * of the project: where the folder is absent this says so and tests nothing. What others state of them must come about, but for what
 * docs/decisions/0008-mail-corpus.md lists with its reason: a disagreement that is not listed fails, and so does a listed one that is none
 * any more.
 */

const CORPUS = new URL('../../../shared/corpora/email/', import.meta.url);
const DECISIONS = new URL('../../docs/decisions/0008-mail-corpus.md', import.meta.url);
const isPresent = existsSync(CORPUS);
if (!isPresent) console.warn(`NOT TESTED: the mail corpus is absent (${fileURLToPath(CORPUS)}).`);

const MET_MIN = 0.98;
const STATED_MET_MIN = 0.97;
const READABLE_MIN = 0.99;

/** What has to be known of the world for what is stated of a mail. */
const CIRCUMSTANCES: Record<string, { forms?: string[]; authservIds?: string[]; agent?: string }> = {
  'mime/discourse/dmarc_fail.eml': { authservIds: ['example.com'] },
  'mime/discourse/mailinglist_dmarc_fail.eml': { authservIds: ['example.com'] },
  'mime/discourse/mailman_2.eml': { forms: ['list@ml.example.com'] },
  'mime/discourse/forwarded_email_2.eml': { agent: 'ba@bar.com' },
};

const NOTHING: Became = { messages: [], quarantined: null, events: [] };

interface Run {
  entry: Entry;
  became: Became;
  outcomes: Outcome[];
}

(isPresent ? describe : describe.skip)('the corpus of mails, in the house', () => {
  let house: CorpusHouse;
  let entries: Entry[] = [];
  const runs: Run[] = [];

  beforeAll(async () => {
    house = await CorpusHouse.open();
    entries = (JSON.parse(await bytesOf('expected.json').then(String)) as { entries: Entry[] }).entries;
  });
  afterAll(() => house.close());
  const bytesOf = (file: string) => readFile(new URL(file, CORPUS));

  const run = async (entry: Entry): Promise<void> => {
    const raw = await bytesOf(entry.file);
    const { agent, ...settings } = CIRCUMSTANCES[entry.file] ?? {};
    if (entry.file in CIRCUMSTANCES) await house.settings(settings);
    if (agent !== undefined) await house.agentIs(agent);
    const seen: Seen = await house.takes(asMail(entry, raw, house.values));
    const isReport = entry.file.startsWith('dsn/');
    const isCopy = seen.messages.length === 0 && seen.quarantined === null;
    const isAsked = (isReport && entry.expect !== null) || isCopy || entry.expect?.['author'] !== undefined;
    // Some end their lines with CR alone.
    const lineEnd = raw.includes('\n') ? '\r\n' : '\r';
    const proof = Buffer.from(isReport ? `Delivered-To: ${house.values['VERP']!}${lineEnd}` : '');
    const became = { ...seen, events: isAsked ? await house.reads(Buffer.concat([proof, raw])) : [] };
    runs.push({ entry, became, outcomes: outcomesOf(entry, became) });
    if (agent !== undefined) await house.agentIs('piet@omnidesk.test');
    if (entry.file in CIRCUMSTANCES) await house.settings({});
  };

  it('takes in every mail: as a message, as a copy of one, or into quarantine with a reason', async () => {
    const mails = entries.filter(({ file }) => !/^(?:webhooks|headers|tnef|scenarios)\//.test(file));
    expect(mails.length).toBeGreaterThan(1100);
    for (const entry of mails) await run(entry);
    const copies = runs.filter(({ became: { messages, quarantined } }) => messages.length === 0 && quarantined === null);
    for (const { became } of copies) {
      const event = typeof became.events === 'string' ? null : became.events.find(({ type }) => type === 'message' || type === 'bounce');
      expect(event).toBeDefined();
      if (event?.type !== 'message') continue;
      const same = await house.world.rows('select 1 from message where external_id = $1', [event.externalId]);
      expect([event.externalId, same.length]).toEqual([event.externalId, 1]);
    }
    expect(copies.length).toBeLessThan(30);
    expect(runs.flatMap(({ became: { quarantined } }) => quarantined?.code ?? []).toSorted()).toEqual(
      expect.not.arrayContaining(['broken', 'not_storable', 'reader_died', 'too_slow']) as string[],
    );
    expect(house.world.log.has('delivery_failed')).toBe(false);
    expect(await house.world.rows('select 1 from delivery')).toEqual([]);
  }, 400_000);

  it('opens wrappings as stated', async () => {
    for (const entry of entries.filter(({ file }) => file.startsWith('tnef/'))) {
      const { messages } = await house.takes(wrapped(entry.file, await bytesOf(entry.file)));
      const stated = (entry.expect?.['files'] as string[]).map((name) => name.replaceAll('_', ' '));
      const got = messages[0]?.message.attachments.map(({ name }) => name.replaceAll('_', ' '));
      runs.push({
        entry,
        became: { messages, quarantined: null, events: [] },
        outcomes: [{ field: 'files', isMet: String(got) === String(stated), got }],
      });
    }
  });

  it('reads addresses and ids of headers as stated', async () => {
    for (const [file, read] of [
      ['headers/stalwart/address.json', addressesShown],
      ['headers/stalwart/id.json', idsFound],
    ] as const) {
      const entry = entries.find((one) => one.file === file)!;
      const cases = JSON.parse(String(await bytesOf(file))) as { header: string; expected: unknown }[];
      const outcomes: Outcome[] = [];
      for (const { header, expected } of cases) outcomes.push(...(await read(house, header, expected)));
      runs.push({ entry, became: NOTHING, outcomes });
    }
  }, 60_000);

  it('counts the canonical forms of a signed mail as the same mail, as stated', async () => {
    for (const entry of entries.filter(({ file }) => file.startsWith('auth/'))) {
      const outcomes = await canonicalForms(house, await bytesOf(entry.file), entry.expect!);
      runs.push({ entry, became: NOTHING, outcomes });
    }
  });

  it('makes of them what is stated, but for what is listed with its reason', async () => {
    const outcomes = runs.flatMap(({ entry: { file }, outcomes: all }) => all.map((outcome) => ({ file, ...outcome })));
    const unmet = outcomes.filter(({ isMet }) => !isMet);
    // Of the others nothing is stated but that they are taken in, which the first test has seen.
    const unstated = runs.filter(({ entry, outcomes: all }) => entry.expect === null && all.length === 0).length;
    const [met, metWithBar] = [outcomes.length, outcomes.length + unstated].map((all) => 1 - unmet.length / all) as [number, number];
    const percent = (part: number) => `${(part * 100).toFixed(1)} %`;
    console.info(
      `mail corpus: ${String(outcomes.length)} stated outcomes, ${percent(met)} met, ${String(unmet.length)} not; with the ` +
        `${String(unstated)} mails of which only the reading is asked ${percent(metWithBar)}`,
    );
    if (process.env['CORPUS_SHOWN'] !== undefined) for (const one of unmet) console.info(JSON.stringify(one).slice(0, 400));
    const listed = [...String(await readFile(DECISIONS)).matchAll(/^\| `([^`]+)`\s+\| (\w+)\s+\|/gm)].map(
      ([, file, field]) => `${file!} ${field!}`,
    );
    expect([...new Set(unmet.map(({ file, field }) => `${file} ${field}`))].toSorted()).toEqual(listed.toSorted());
    expect(metWithBar).toBeGreaterThanOrEqual(MET_MIN);
    expect(met).toBeGreaterThanOrEqual(STATED_MET_MIN);
  });

  it('shows subject, sender and id of nearly all of them as other readers do', () => {
    const read = runs
      .filter(({ became }) => became !== NOTHING)
      .flatMap(({ entry, became }) => readability(entry, became).map((outcome) => ({ file: entry.file, ...outcome })));
    const wrong = read.filter(({ isMet }) => !isMet).map(({ file, field }) => `${file} ${field}`);
    console.info(`mail corpus: ${String(read.length)} subjects, senders and ids, ${String(wrong.length)} not as others read them`);
    if (process.env['CORPUS_SHOWN'] !== undefined) console.info(wrong);
    expect(1 - wrong.length / read.length).toBeGreaterThanOrEqual(READABLE_MIN);
    expect(read.length).toBeGreaterThan(1500);
  });
});

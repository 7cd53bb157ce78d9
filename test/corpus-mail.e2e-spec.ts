import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { CorpusHouse, type Seen } from './corpus-mail-house.js';
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

const MET_MIN = 0.97;
const READABLE_MIN = 0.99;

/** What has to be known of the world for what is stated of a mail. */
const CIRCUMSTANCES: Record<string, { forms?: string[]; authservIds?: string[]; agent?: string }> = {
  'mime/discourse/dmarc_fail.eml': { authservIds: ['example.com'] },
  'mime/discourse/mailinglist_dmarc_fail.eml': { authservIds: ['example.com'] },
  'mime/discourse/mailman_2.eml': { forms: ['list@ml.example.com'] },
  'mime/discourse/forwarded_email_2.eml': { agent: 'ba@bar.com' },
};

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

  const run = async (entry: Entry): Promise<void> => {
    const raw = await bytesOf(entry.file);
    const { agent, ...settings } = CIRCUMSTANCES[entry.file] ?? {};
    await house.settings(settings);
    if (agent !== undefined) await house.agentIs(agent);
    const seen: Seen = await house.takes(asMail(entry, raw, house.values));
    const isReport = entry.file.startsWith('dsn/');
    const isCopy = seen.messages.length === 0 && seen.quarantined === null;
    const isAsked = isReport || isCopy || entry.expect?.['author'] !== undefined;
    const proof = isReport ? Buffer.from(`Delivered-To: ${house.values['VERP']!}\r\n`) : Buffer.alloc(0);
    const became = { ...seen, events: isAsked ? await house.reads(Buffer.concat([proof, raw])) : [] };
    runs.push({ entry, became, outcomes: outcomesOf(entry, became) });
    if (agent !== undefined) await house.agentIs('piet@omnidesk.test');
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
      expect(await house.world.rows('select 1 from message where external_id = $1', [event.externalId])).toHaveLength(1);
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
      runs.push({ entry, became: { messages: [], quarantined: null, events: [] }, outcomes });
    }
  }, 60_000);

  it('makes of them what is stated, but for what is listed with its reason', async () => {
    const outcomes = runs.flatMap(({ entry: { file }, outcomes: all }) => all.map((outcome) => ({ file, ...outcome })));
    const unmet = outcomes.filter(({ isMet }) => !isMet);
    const met = 1 - unmet.length / outcomes.length;
    console.info(`mail corpus: ${String(outcomes.length)} stated outcomes, ${(met * 100).toFixed(1)} % met, ${String(unmet.length)} not`);
    if (process.env['CORPUS_SHOWN'] !== undefined) for (const one of unmet) console.info(JSON.stringify(one).slice(0, 400));
    const listed = [...String(await readFile(DECISIONS)).matchAll(/^\| `([^`]+)` \| `?(\w+)`? \|/gm)].map(
      ([, file, field]) => `${file!} ${field!}`,
    );
    expect([...new Set(unmet.map(({ file, field }) => `${file} ${field}`))].toSorted()).toEqual(listed.toSorted());
    expect(met).toBeGreaterThanOrEqual(MET_MIN);
  });

  it('shows subject, sender and id of nearly all of them as other readers do', () => {
    const read = runs.flatMap(({ entry, became }) => readability(entry, became).map((outcome) => ({ file: entry.file, ...outcome })));
    const wrong = read.filter(({ isMet }) => !isMet);
    expect(read.length).toBeGreaterThan(1500);
    expect([wrong.length / read.length <= 1 - READABLE_MIN, wrong.slice(0, 30)]).toEqual([true, wrong.slice(0, 30)]);
  });
});

function bytesOf(file: string): Promise<Buffer> {
  return readFile(new URL(file, CORPUS));
}

/** A file of the corpus as a mail that could arrive: an answer to ours where it is the text of an answer. */
function asMail({ file, expect: stated }: Entry, raw: Buffer, { OUT_MSGID: answered }: Record<string, string>): Buffer {
  if (!file.startsWith('replies/')) return raw;
  if (file.endsWith('.eml')) return Buffer.concat([Buffer.from(`In-Reply-To: ${answered!}\r\n`), raw]);
  const mediaType = stated?.['input'] === 'html' || file.endsWith('.html') ? 'text/html' : 'text/plain';
  const lines = [
    'From: anna@klant.example',
    'Subject: Re: Levering bestelling 4711',
    `Message-ID: <${file.replaceAll(/[^\w.]/g, '-')}@klant.example>`,
    `In-Reply-To: ${answered!}`,
    'MIME-Version: 1.0',
    `Content-Type: ${mediaType}; charset=utf-8`,
    'Content-Transfer-Encoding: 8bit',
  ];
  return Buffer.concat([Buffer.from(`${lines.join('\r\n')}\r\n\r\n`), raw]);
}

/** As Outlook sends it. */
function wrapped(file: string, tnef: Buffer): Buffer {
  const id = file.replaceAll(/[^\w.]/g, '-');
  return Buffer.from(
    [
      'From: outlook@klant.example',
      `Subject: ${id}`,
      `Message-ID: <${id}@klant.example>`,
      'MIME-Version: 1.0',
      'Content-Type: multipart/mixed; boundary="b"',
      '',
      '--b',
      'Content-Type: application/ms-tnef; name="winmail.dat"',
      'Content-Transfer-Encoding: base64',
      '',
      tnef.toString('base64').replaceAll(/.{76}/g, '$&\r\n'),
      '--b--',
      '',
    ].join('\r\n'),
  );
}

let headers = 0;

async function withHeader(house: CorpusHouse, name: string, value: string) {
  const id = `header-${String(headers++)}@klant.example`;
  const header = `${name}:${value.replace(/\r?\n$/, '').replaceAll(/\r?\n/g, '\r\n')}`;
  return house.reads(Buffer.from(`From: h@klant.example\r\nMessage-ID: <${id}>\r\n${header}\r\n\r\nText\r\n`));
}

interface StatedPeople {
  List?: { name: string | null; address: string | null }[];
  Group?: { addresses: { address: string | null }[] }[];
}

/** Whom a list of people names; what is no address cannot be shown as one. */
async function addressesShown(house: CorpusHouse, header: string, expected: unknown): Promise<Outcome[]> {
  const events = await withHeader(house, 'To', header);
  const message = typeof events === 'string' ? undefined : events.find(({ type }) => type === 'message');
  const people = message?.type === 'message' ? ((message.content.mailHeaders as { to: { address: string }[] }).to ?? []) : [];
  const { List = [], Group = [] } = expected as StatedPeople;
  const stated = [...List, ...Group.flatMap(({ addresses }) => addresses)].flatMap(({ address }) =>
    /^[^\s@]+@[^\s@]+$/.test(address ?? '') ? [address!] : [],
  );
  const got = people.map(({ address }) => address);
  return [{ field: 'addresses', isMet: stated.join() === got.join(), got: [header, got] }];
}

async function idsFound(house: CorpusHouse, header: string, expected: unknown): Promise<Outcome[]> {
  const events = await withHeader(house, 'References', header);
  const message = typeof events === 'string' ? undefined : events.find(({ type }) => type === 'message');
  const got = message?.type === 'message' ? (message.mail?.references ?? []).toReversed() : [];
  return [{ field: 'ids', isMet: (expected as string[]).join() === got.join(), got: [header, got] }];
}

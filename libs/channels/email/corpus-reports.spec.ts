import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import type { BouncedRecipient } from './bounce.js';
import type { ParsedMail } from './parsed-mail.js';
import { MailReader } from './read-mail.js';
import { unpackTnef } from './tnef.js';
import { readForwarded } from './forwarded-mail.js';

/*
 * Some 660 bounces, 14 complaints and other reports of real mail programs, and what others state of them. They are not part of the
 * project: where the folder is absent this says so and tests nothing.
 *
 * Each disagreement is listed by name with its reason: a new one fails, and so does an old one that went away.
 */

const CORPUS = new URL('../../../../../shared/corpora/email/', import.meta.url);
const isPresent = existsSync(CORPUS);
if (!isPresent) console.warn(`NOT TESTED: the mail corpus is absent (${fileURLToPath(CORPUS)}).`);

interface StatedRecipient {
  status: string;
  reply: string;
  hard: boolean;
}

interface Entry {
  file: string;
  expect: Record<string, unknown> | null;
}

const reader = new MailReader();
afterAll(() => reader.close());

async function entries(folder: RegExp): Promise<Entry[]> {
  const index = JSON.parse(await readFile(new URL('expected.json', CORPUS), 'utf8')) as { entries: Entry[] };
  return index.entries.filter(({ file }) => folder.test(file));
}

async function read(file: string, fill: (text: string) => string = (text) => text): Promise<ParsedMail> {
  return reader.read(Buffer.from(fill(await readFile(new URL(file, CORPUS), 'latin1')), 'latin1'));
}

/** No bounce by class: complaints, absence notices, and what its owner calls no bounce. */
const OTHER = /arf-|rfc3834|complaints/;

/** Stated as not hard, and called hard here; or the other way round. */
const KIND_DISAGREEMENTS: Record<string, string> = {
  'lhost-exim-37.eml': 'the sender’s own domain is unknown, said once the text was taken: no word about the recipient',
  'lhost-postfix-07.eml': '"User unknown", said of the address by name; its source wants a word on when it was said',
  'rfc3464-28.eml': 'two reports in one file; the second is the text behind the first',
};

/** Other recipients than stated. */
const RECIPIENT_DISAGREEMENTS: Record<string, string> = {
  'groupwise_02.txt': 'stated as nobody; the notice names who was not reached',
  'groupwise_03.txt': 'a person’s answer to a bounce address',
};

(isPresent ? describe : describe.skip)('the corpus of reports', () => {
  it('has its bounces known, with somebody named in nearly each, and the mail that bounced where it is there at all', async () => {
    const all = (await entries(/^dsn\//)).filter(({ file, expect: stated }) => !OTHER.test(file) && stated?.decision !== 'not a bounce');
    const counts = { bounces: 0, named: 0, identified: 0 };
    for (const { file } of all) {
      const { bounce } = await read(file);
      if (bounce === null) continue;
      counts.bounces += 1;
      if (bounce.recipients.length > 0) counts.named += 1;
      if (bounce.messageIds.length > 0) counts.identified += 1;
    }
    expect(all.length).toBeGreaterThan(650);
    expect(counts.bounces / all.length).toBeGreaterThanOrEqual(0.97);
    expect(counts.named / counts.bounces).toBeGreaterThanOrEqual(0.99);
    expect(counts.identified / counts.bounces).toBeGreaterThanOrEqual(0.92);
  });

  it('has every stated recipient told hard or not, with its code and answer, but for those listed', async () => {
    const wrong: string[] = [];
    const codes = { right: 0, all: 0 };
    for (const { file, expect: stated } of await entries(/^dsn\/sisimai\//)) {
      const recipients = stated?.recipients as StatedRecipient[] | undefined;
      if (recipients === undefined || OTHER.test(file)) continue;
      const found = (await read(file)).bounce?.recipients ?? [];
      const isRight = recipients.every((want, index) => (found[index]?.kind === 'hard') === want.hard && found[index] !== undefined);
      if (!isRight) wrong.push(file.split('/').at(-1) ?? '');
      for (const [index, want] of recipients.entries()) count(codes, want, found[index]);
    }
    expect(wrong.toSorted()).toEqual(Object.keys(KIND_DISAGREEMENTS).toSorted());
    expect(codes.right / codes.all).toBeGreaterThanOrEqual(0.97);
  });

  it('has the addresses that failed, and whether for good, in notices for people, but for those listed', async () => {
    const wrong: string[] = [];
    for (const { file, expect: stated } of await entries(/^dsn\/flufl-bounce\//)) {
      const want = stated?.recipients as string[] | undefined;
      if (want === undefined) continue;
      const { bounce } = await read(file);
      const found = (bounce?.recipients ?? []).map(({ address, originalAddress }) => [
        address.toLowerCase(),
        originalAddress?.toLowerCase(),
      ]);
      const isNamed = want.length === found.length && want.every((address) => found.some((one) => one.includes(address.toLowerCase())));
      const isTimely = stated?.temporary === true ? bounce?.kind === 'delayed' || bounce?.kind === 'soft' : bounce?.kind !== 'delayed';
      // Nobody is stated for it, and nobody can be found in it.
      if (!isNamed || (bounce !== null && !isTimely)) wrong.push(file.split('/').at(-1) ?? '');
    }
    const isListed = (name: string): boolean => name in RECIPIENT_DISAGREEMENTS;
    expect(wrong.filter((name) => !isListed(name))).toEqual([]);
  });

  it('has its complaints known as complaints, with whom and which mail they are about', async () => {
    const mails = (await entries(/^dsn\/sisimai\/arf-/)).map(({ file }) => file);
    for (const file of mails) {
      const { mailClass, complaint } = await read(file);
      expect([file, mailClass, (complaint?.messageIds.length ?? 0) + (complaint?.recipients.length ?? 0) > 0]).toEqual([
        file,
        'complaint',
        true,
      ]);
    }
    expect(mails.length).toBeGreaterThanOrEqual(14);
  });

  it('has its scenarios of machines read as stated: class, answer or silence, kind, code and mail', async () => {
    const ours = 'm.aaaa.bbbb@omnidesk.test';
    const fill = (text: string): string => text.replaceAll('{{OUT_MSGID}}', `<${ours}>`).replaceAll(/\{\{[A-Z_]+\}\}/g, 'x@omnidesk.test');
    let asserted = 0;
    for (const { file, expect: stated } of await entries(/^scenarios\/omnidesk-synthetic\/(?:a|b)\d/)) {
      const { mailClass, mayAutoAnswer, bounce, receipt } = await read(file, fill);
      const name = file.split('/').at(-1);
      if (stated?.class !== undefined) expect([name, mailClass]).toEqual([name, stated.class]);
      if (stated?.no_auto_response !== undefined) expect([name, mayAutoAnswer]).toEqual([name, !stated.no_auto_response]);
      if (stated?.decision === 'bounce') expect([name, bounce?.kind]).toEqual([name, stated.kind]);
      if (stated?.decision === 'receipt') expect([name, mailClass, receipt?.disposition]).toEqual([name, 'receipt', 'displayed']);
      if (stated?.status !== undefined) expect([name, bounce?.recipients[0]?.status]).toEqual([name, stated.status]);
      if (stated?.recipient !== undefined) expect([name, bounce?.recipients[0]?.address]).toEqual([name, stated.recipient]);
      if (stated?.bounced_message !== undefined) expect([name, bounce?.messageIds[0]]).toEqual([name, ours]);
      asserted += 1;
    }
    expect(asserted).toBeGreaterThanOrEqual(11);
  });

  it('has its invitations, forwards, attached mails and wrappings opened as stated', async () => {
    const invitation = await read('mime/omnidesk-synthetic/m19-calendar-request.eml');
    expect([invitation.mailClass, invitation.calendar]).toMatchObject([
      'calendar',
      { method: 'request', uid: 'abc@klant.example', start: { at: new Date('2025-02-10T09:00:00Z'), zone: 'Europe/Berlin' } },
    ]);
    const forward = await read('scenarios/omnidesk-synthetic/t26-agent-forwards-dutch.eml');
    expect(forward.forwarded).toMatchObject({
      note: 'Kun jij deze oppakken?',
      from: { address: 'anna@klant.example' },
      text: 'Mijn pakket is kapot aangekomen.\n\nAnna',
    });
    expect((await read('mime/discourse/forwarded_email_2.eml')).forwarded?.from.address).toBe('some@one.com');
    const attached = await read('mime/omnidesk-synthetic/m22-forwarded-rfc822-with-attachment.eml');
    expect(attached.attachments.map(({ name, mail }) => [name, mail?.fileNames])).toEqual([['origineel.eml', ['factuur.pdf']]]);
    const wrapping = unpackTnef(await readFile(new URL('tnef/libytnef/multi-value-attribute.tnef', CORPUS)));
    expect(wrapping?.files.map(({ name }) => name)).toEqual(['208225 (5 seconds) Voice Mail.mp3']);
    expect(unpackTnef(await readFile(new URL('tnef/libytnef/rtf.tnef', CORPUS)))).toMatchObject({
      files: [],
      text: expect.stringMatching(/\S/) as unknown,
    });
  });

  it('has each mail inside a mail told from what stands above it', async () => {
    let right = 0;
    const embedded = (await entries(/^replies\/email_reply_trimmer\//)).filter(
      ({ expect: stated }) => typeof stated?.embedded === 'string',
    );
    for (const { file, expect: stated } of embedded) {
      const found = readForwarded(await readFile(new URL(file, CORPUS), 'utf8'), 'Fwd: x');
      const isNote = found !== null && squeezed(found.note) === squeezed(stated?.before);
      if (isNote && squeezed(stated?.embedded).endsWith(squeezed(found.text))) right += 1;
    }
    expect([right, embedded.length]).toEqual([embedded.length, embedded.length]);
  });
});

function squeezed(text: unknown): string {
  return typeof text === 'string' ? text.replaceAll(/\s+/g, '') : '';
}

/** Codes such as 5.9.340 are the source's own, and 5.0.0 says nothing. */
function count(codes: { right: number; all: number }, want: StatedRecipient, found: BouncedRecipient | undefined): void {
  if (want.status !== '' && !/\.9\.|\.0\.9|\.0\.0$/.test(want.status)) {
    codes.all += 1;
    if (found?.status === want.status) codes.right += 1;
  }
  if (want.reply !== '') {
    codes.all += 1;
    if (String(found?.smtpCode) === want.reply) codes.right += 1;
  }
}

import { generateKeyPairSync } from 'node:crypto';
import { dkimSign } from 'mailauth';
import type { CorpusHouse } from './corpus-mail-house.js';
import type { Entry, Outcome } from './corpus-mail-rules.js';

/** A file of the corpus as a mail that could arrive: an answer to ours where it is the text of an answer. */
export function asMail({ file, expect: stated }: Entry, raw: Buffer, { OUT_MSGID: answered }: Record<string, string>): Buffer {
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
export function wrapped(file: string, tnef: Buffer): Buffer {
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
export async function addressesShown(house: CorpusHouse, header: string, expected: unknown): Promise<Outcome[]> {
  const events = await withHeader(house, 'To', header);
  const message = typeof events === 'string' ? undefined : events.find(({ type }) => type === 'message');
  const people = message?.type === 'message' ? ((message.content.mailHeaders as { to: { address: string }[] }).to ?? []) : [];
  // What stands in List-Unsubscribe and its like is no address of anybody.
  if (/<(?:mailto|https?|ftp):/.test(header)) return [];
  const { List = [], Group = [] } = expected as StatedPeople;
  const stated = [...List, ...Group.flatMap(({ addresses }) => addresses)].flatMap(({ address }) =>
    /^[^\s@]+@[^\s@]+$/.test(address ?? '') ? [address!] : [],
  );
  const got = people.map(({ address }) => address);
  return [{ field: 'addresses', isMet: stated.join() === got.join(), got: [header, got] }];
}

export async function idsFound(house: CorpusHouse, header: string, expected: unknown): Promise<Outcome[]> {
  const events = await withHeader(house, 'References', header);
  const message = typeof events === 'string' ? undefined : events.find(({ type }) => type === 'message');
  const got = message?.type === 'message' ? (message.mail?.references ?? []).toReversed() : [];
  return [{ field: 'ids', isMet: ((expected ?? []) as string[]).join() === got.join(), got: [header, got] }];
}

const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
const SIGNER = { signingDomain: 'example.net', selector: 'corpus' };

/** A signature over the mail as it is must hold for the form that the method compares, and for no other. */
export async function canonicalForms(house: CorpusHouse, file: Buffer, stated: Record<string, unknown>): Promise<Outcome[]> {
  const record = publicKey.export({ type: 'spki', format: 'der' }).toString('base64');
  house.world.simulator.dns.set(`${SIGNER.selector}._domainkey.${SIGNER.signingDomain}`, 'TXT', [`v=DKIM1; k=rsa; p=${record}`]);
  const raw = Buffer.from(file.toString('latin1').replaceAll(/(?<!\r)\n/g, '\r\n'), 'latin1');
  const outcomes: Outcome[] = [];
  for (const form of ['simple', 'relaxed'] as const) {
    const key = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
    const signer = { ...SIGNER, privateKey: key, canonicalization: `${form}/${form}` as const };
    const { signatures } = await dkimSign(raw, { ...signer, signatureData: [signer] });
    const canonical = Buffer.from(String(stated[`${form}_canonical_b64`]), 'base64');
    const verdicts = await Promise.all([raw, canonical].map((mail) => verdictOn(house, Buffer.concat([Buffer.from(signatures), mail]))));
    const changed = await verdictOn(house, Buffer.concat([Buffer.from(signatures), raw, Buffer.from('more\r\n')]));
    outcomes.push({
      field: `${form}_canonical_b64`,
      isMet: String(verdicts) === 'pass,pass' && changed !== 'pass',
      got: [...verdicts, changed],
    });
  }
  return outcomes;
}

async function verdictOn(house: CorpusHouse, mail: Buffer): Promise<string> {
  const events = await house.reads(mail);
  const message = typeof events === 'string' ? undefined : events.find(({ type }) => type === 'message');
  return message?.type === 'message' ? (message.mail?.authentication.verdict ?? '') : '';
}

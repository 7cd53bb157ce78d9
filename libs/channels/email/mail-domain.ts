import { Resolver } from 'node:dns/promises';
import { domainToASCII } from 'node:url';
import type { DoctorLine } from '#contract';
import { SECOND_MS } from '#platform';
import { line, unknown } from '../doctor-line.js';

const DNS_TIMEOUT_MS = 3 * SECOND_MS;
const DNS_TRIES = 2;
/** A DMARC record may stand at a parent: it is looked for this many names up at most. Source: RFC 9989, the tree walk. */
const PARENTS_MAX = 8;

/** Names under which the large providers and the usual programs publish their keys. The real one stands only in a mail that was sent. */
const USUAL_SELECTORS = [
  'default',
  'dkim',
  'mail',
  'google',
  'selector1',
  'selector2',
  'k1',
  'k2',
  's1',
  's2',
  'pm',
  'mta',
  'smtp',
  'fm1',
  'protonmail',
];

/** What a domain says about its mail, as texts; none where it says nothing. Errors: any other failure of DNS. */
export type TextLookup = (name: string) => Promise<string[]>;

/** Asks the machine's own DNS servers, each question within six seconds. Shape  servers: others, for a test */
export function textLookup(servers?: readonly string[]): TextLookup {
  const resolver = new Resolver({ timeout: DNS_TIMEOUT_MS, tries: DNS_TRIES });
  if (servers) resolver.setServers(servers);
  return async (name) => {
    try {
      return (await resolver.resolveTxt(name)).map((pieces) => pieces.join(''));
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code === 'ENOTFOUND' || code === 'ENODATA') return [];
      throw error;
    }
  };
}

/** Who may send mail of this domain. Source: RFC 7208 */
export async function spfLine(domain: string, txt: TextLookup): Promise<DoctorLine> {
  const records = (await txt(ascii(domain))).filter((text) => /^v=spf1(?: |$)/i.test(text));
  if (records.length === 0) {
    const message = `${domain} does not say who may send its mail (SPF), so answers may land among the spam. Add the record that your mail provider gives you.`;
    return line('spf', 'bad', 'spf_missing', { message });
  }
  if (records.length > 1) {
    const message = `${domain} has ${String(records.length)} SPF records. Receivers then trust none of them: make them one.`;
    return line('spf', 'bad', 'spf_several', { message });
  }
  if (/\s\+?all\s*$/i.test(records[0]!)) {
    const message = `The SPF record of ${domain} lets everybody send its mail. Let it end with “~all” or “-all”.`;
    return line('spf', 'warning', 'spf_open', { message });
  }
  return line('spf', 'good', 'spf_found', { message: `${domain} says who may send its mail (SPF).` });
}

/** Whether keys are published with which receivers check the mail's signature. Source: RFC 6376 */
export async function dkimLine(domain: string, txt: TextLookup): Promise<DoctorLine> {
  const answers = await Promise.all(USUAL_SELECTORS.map((selector) => txt(`${selector}._domainkey.${ascii(domain)}`)));
  const hasKey = answers.flat().some((text) => /(?:^|;)\s*p=[A-Za-z0-9+/]/.test(text));
  if (hasKey) return line('dkim', 'good', 'dkim_found', { message: `${domain} publishes a key for signed mail (DKIM).` });
  const message = `No key for signed mail (DKIM) was found under the usual names at ${domain}. Ask your mail provider whether it signs your mail.`;
  return unknown('dkim', 'dkim_not_found', message);
}

/** What receivers should do with mail that only pretends to be of this domain. Source: RFC 9989 */
export async function dmarcLine(domain: string, txt: TextLookup): Promise<DoctorLine> {
  const labels = ascii(domain).split('.').slice(-PARENTS_MAX);
  for (let at = 0; at <= labels.length - 2; at++) {
    const record = (await txt(`_dmarc.${labels.slice(at).join('.')}`)).find((text) => /^v=DMARC1\s*(?:;|$)/.test(text));
    if (record === undefined) continue;
    if (/;\s*p\s*=\s*none\b/i.test(record)) {
      const message = `${domain} asks receivers to do nothing about forged mail (DMARC p=none).`;
      return line('dmarc', 'warning', 'dmarc_none', { message });
    }
    return line('dmarc', 'good', 'dmarc_found', { message: `${domain} tells receivers what to do with forged mail (DMARC).` });
  }
  const message = `${domain} has no DMARC record. Large providers ask for one.`;
  return line('dmarc', 'warning', 'dmarc_missing', { message });
}

function ascii(domain: string): string {
  return domainToASCII(domain) || domain;
}

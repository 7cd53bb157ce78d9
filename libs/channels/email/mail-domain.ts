import { domainToASCII } from 'node:url';
import type { DoctorLine, MailboxDkim } from '#contract';
import { line, unknown } from '../doctor-line.js';
import type { MailResolver } from './mail-dns.js';

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

/** Asks as `resolve` does. */
export function textLookup(resolve: MailResolver): TextLookup {
  return async (name) => {
    try {
      return (await resolve(name, 'TXT')).map((pieces) => pieces.join(''));
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code === 'ENOTFOUND' || code === 'ENODATA') return [];
      throw error;
    }
  };
}

/** By which name a domain lets a provider's servers send its mail. It is advice: what the DNS says is what counts. */
const RELAYS_SPF: readonly { host: RegExp; include: string }[] = [
  { host: /(?:^|\.)(?:gmail|google)\.com$/, include: '_spf.google.com' },
  { host: /(?:^|\.)(?:office365|outlook)\.com$/, include: 'spf.protection.outlook.com' },
  { host: /(?:^|\.)sendgrid\.net$/, include: 'sendgrid.net' },
  { host: /(?:^|\.)mailgun\.org$/, include: 'mailgun.org' },
  { host: /(?:^|\.)postmarkapp\.com$/, include: 'spf.mtasv.net' },
  { host: /(?:^|\.)amazonaws\.com$/, include: 'amazonses.com' },
  { host: /(?:^|\.)(?:fastmail|messagingengine)\.com$/, include: 'spf.messagingengine.com' },
  { host: /(?:^|\.)zoho\.eu$/, include: 'zohomail.eu' },
  { host: /(?:^|\.)zoho\.com$/, include: 'zohomail.com' },
  { host: /(?:^|\.)mailbox\.org$/, include: 'mailbox.org' },
  { host: /(?:^|\.)ionos\.(?:com|de)$/, include: '_spf-eu.ionos.com' },
  { host: /(?:^|\.)ovh\.net$/, include: 'mx.ovh.com' },
  { host: /(?:^|\.)mailjet\.com$/, include: 'spf.mailjet.com' },
  { host: /(?:^|\.)(?:brevo|sendinblue)\.com$/, include: 'spf.brevo.com' },
];

/** Who may send mail of this domain. Shape  relay: the host by which we send it; null where that is not known. Source: RFC 7208 */
export async function spfLine(domain: string, txt: TextLookup, relay: string | null = null): Promise<DoctorLine> {
  const include = RELAYS_SPF.find(({ host }) => relay !== null && host.test(relay.toLowerCase()))?.include ?? null;
  const records = (await txt(ascii(domain))).filter((text) => /^v=spf1(?: |$)/i.test(text));
  if (records.length === 0) {
    const what = include === null ? `the record that ${relay ?? 'your mail provider'} needs` : `“v=spf1 include:${include} ~all”`;
    const message = `${domain} does not say who may send its mail (SPF), so answers may land among the spam. Add ${what} as a TXT record.`;
    return line('spf', 'bad', include === null ? 'spf_missing' : 'spf_missing_include', { message, names: named(include, relay) });
  }
  if (records.length > 1) {
    const message = `${domain} has ${String(records.length)} SPF records. Receivers then trust none of them: make them one.`;
    return line('spf', 'bad', 'spf_several', { message });
  }
  if (/\s\+?all\s*$/i.test(records[0]!)) {
    const message = `The SPF record of ${domain} lets everybody send its mail. Let it end with “~all” or “-all”.`;
    return line('spf', 'warning', 'spf_open', { message });
  }
  if (include !== null && !records[0]!.toLowerCase().split(/\s+/).includes(`include:${include}`)) {
    const message = `The SPF record of ${domain} does not name the servers that send its answers. Add “include:${include}” to it, unless another part of it covers them.`;
    return line('spf', 'warning', 'spf_relay_missing', { message, names: [include] });
  }
  return line('spf', 'good', 'spf_found', { message: `${domain} says who may send its mail (SPF).` });
}

/** Whether our own signature counts: `own` is the record that has to stand in the DNS. Source: RFC 6376 */
export function ownDkimLine(domain: string, { recordName, recordValue, state }: MailboxDkim): DoctorLine {
  if (state === 'signing') {
    return line('dkim', 'good', 'dkim_signing', { message: `Answers are signed in the name of ${domain} (DKIM).`, names: [recordName] });
  }
  const message = `Answers are not signed yet (DKIM). Add the TXT record ${recordName} to the DNS of ${domain}; it is looked for every hour.`;
  return line('dkim', 'warning', 'dkim_waiting', { message, names: [recordName, recordValue] });
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

function named(...names: (string | null)[]): string[] {
  return names.filter((name) => name !== null).slice(0, 1);
}

function ascii(domain: string): string {
  return domainToASCII(domain) || domain;
}

import type { MailSecurity, MailServerPlace } from '#contract';
import { type Egress, EgressFailure, SECOND_MS } from '#platform';
import { visitHtml } from './html-tokens.js';
import { oneLine } from './mail-words.js';

/*
 * What a domain says about its mail servers, as Thunderbird asks for it: a file at a known place.
 *
 * Source   https://www.ietf.org/archive/id/draft-ietf-mailmaint-autoconfig: the file and its places. The address is not sent along: who runs
 *          such a place has no need to know who asks.
 */

const FILE_BYTES_MAX = 64 * 1024;
const FILE_TIMEOUT_MS = 5 * SECOND_MS;
const REDIRECTS_MAX = 3;
const SERVERS_MAX = 20;
const VALUE_CHARS_MAX = 320;
const NAME_CHARS_MAX = 100;
const PORT_MAX = 65_535;
/** A name, not an address. */
const HOST = /^(?=.{1,253}$)(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z](?:[a-z0-9-]{0,61}[a-z0-9])?$/;
const SECURITY: Record<string, MailSecurity> = { ssl: 'tls', tls: 'tls', starttls: 'starttls' };

export interface AutoconfiguredMail {
  provider: string | null;
  imap: MailServerPlace | null;
  smtp: MailServerPlace | null;
  user: string;
}

/** Fetch a small file; null where there is none. */
export type FetchFile = (url: string) => Promise<string | null>;

/** Files over HTTPS from public places alone, wherever a name or a redirect leads: a password is going to follow what they say. */
export function fetchOverHttps(egress: Egress): FetchFile {
  return async (first) => {
    let url = first;
    try {
      for (let hop = 0; hop <= REDIRECTS_MAX && url.startsWith('https://'); hop++) {
        const { status, headers, body } = await egress.request({ url, timeoutMs: FILE_TIMEOUT_MS, responseBytesMax: FILE_BYTES_MAX });
        const location = headers['location'] ?? '';
        if (status === 200) return body.toString('utf8');
        if (status < 300 || status > 399 || !URL.canParse(location, url)) return null;
        url = new URL(location, url).href;
      }
      return null;
    } catch (error) {
      if (error instanceof EgressFailure) return null;
      throw error;
    }
  };
}

/** What the domain itself says, at either of the two places; null where it says nothing that can be used. Shape  domain: in ASCII */
export async function autoconfigured(address: string, domain: string, fetchFile: FetchFile): Promise<AutoconfiguredMail | null> {
  const places = [`https://autoconfig.${domain}/mail/config-v1.1.xml`, `https://${domain}/.well-known/autoconfig/mail/config-v1.1.xml`];
  const files = await Promise.all(places.map((place) => fetchFile(place)));
  for (const file of files) {
    const found = file === null ? null : readAutoconfig(file, address);
    if (found !== null) return found;
  }
  return null;
}

interface Offer {
  kind: string;
  type: string;
  values: Map<string, string>;
}

/**
 * A file of that kind for one address. Only servers with TLS count; the one named first wins, TLS from the first byte before STARTTLS.
 *
 * Limits   20 servers
 */
export function readAutoconfig(xml: string, address: string): AutoconfiguredMail | null {
  const { offers, name } = offersIn(xml);
  const fill = (text: string) => filled(text, address);
  const usable = (kind: string, type: string) =>
    offers
      .filter((offer) => offer.kind === kind && offer.type === type)
      .flatMap((offer) => {
        const place = placeOf(offer, fill);
        return place === null ? [] : [{ place, user: fill(offer.values.get('username') ?? '') }];
      })
      .sort((one, other) => Number(other.place.security === 'tls') - Number(one.place.security === 'tls'));
  const imap = usable('incomingserver', 'imap')[0];
  const smtp = usable('outgoingserver', 'smtp')[0];
  if (imap === undefined) return null;
  return {
    provider: oneLine(fill(name), NAME_CHARS_MAX) || null,
    imap: imap.place,
    smtp: smtp?.place ?? null,
    user: oneLine(imap.user, VALUE_CHARS_MAX) || address,
  };
}

function offersIn(xml: string): { offers: Offer[]; name: string } {
  const offers: Offer[] = [];
  let open: Offer | null = null;
  let field = '';
  let name = '';
  visitHtml(xml.slice(0, FILE_BYTES_MAX), {
    open: (tag, attributes) => {
      field = tag;
      if (tag !== 'incomingserver' && tag !== 'outgoingserver') return;
      open = { kind: tag, type: (attributes.get('type') ?? '').toLowerCase(), values: new Map() };
      if (offers.length < SERVERS_MAX) offers.push(open);
    },
    text: (text) => {
      if (open !== null) open.values.set(field, ((open.values.get(field) ?? '') + text).slice(0, VALUE_CHARS_MAX));
      else if (field === 'displayname') name = (name + text).slice(0, VALUE_CHARS_MAX);
    },
    close: (tag) => {
      if (tag === open?.kind) open = null;
      field = '';
    },
  });
  return { offers, name };
}

function placeOf({ values }: Offer, fill: (text: string) => string): MailServerPlace | null {
  const value = (name: string) => (values.get(name) ?? '').trim();
  const host = fill(value('hostname')).toLowerCase().replace(/\.$/, '');
  const security = SECURITY[value('sockettype').toLowerCase()];
  const port = Number(value('port'));
  if (security === undefined || !HOST.test(host) || !Number.isInteger(port) || port < 1 || port > PORT_MAX) return null;
  return { host, port, security };
}

function filled(text: string, address: string): string {
  const at = address.lastIndexOf('@');
  return text
    .replaceAll('%EMAILADDRESS%', address)
    .replaceAll('%EMAILLOCALPART%', address.slice(0, at))
    .replaceAll('%EMAILDOMAIN%', address.slice(at + 1));
}

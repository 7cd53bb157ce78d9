import addressparser from 'nodemailer/lib/addressparser';
import { authenticate, type AuthenticateResult, type DMARCResult, type DNSResolver } from 'mailauth';
import { readArcAuthResults, readAuthResults, type AuthMethodResult, type AuthResults } from './auth-results.js';
import { HeaderValues } from './header-values.js';
import { boundedResolver } from './bounded-resolver.js';
import { tightAddresses } from './address-comments.js';
import { plainAddress } from './mail-address.js';
import { outlineMail } from './mime-outline.js';
import { MAIL_LIMITS } from './parsed-mail.js';

/*
 * Is the mail from whom its From says?
 *
 * In this order, and the first that can tell decides:
 *   1. what our own provider wrote: of the Authentication-Results with its name the topmost; lines with any other name are not read
 *   2. DKIM and DMARC, verified over the raw bytes; SPF only where we stood at the door ourselves and know who knocked
 *   3. where that fails or cannot tell: what a forwarder wrote before it changed the mail (ARC), if we trust that forwarder by name
 *
 * A mail whose sender publishes nothing is "none", which is neither good nor bad. What could not be found out because the DNS did not
 * answer is "temperror", and worth another try.
 *
 * Source   RFC 6376, RFC 7489 and 9989, RFC 8601, RFC 8617, RFC 7208
 */

export type AuthVerdict = 'pass' | 'fail' | 'none' | 'temperror';
export type AuthMethod = 'dkim' | 'dmarc' | 'spf' | 'arc';

export interface AuthReason {
  method: AuthMethod;
  /** As the method calls it: pass, fail, none, neutral, temperror, … */
  result: string;
  domain: string | null;
  /** Our own provider's word, our own proof, or that of a forwarder we trust. */
  source: 'provider' | 'own' | 'forwarder';
}

export interface MailAuthentication {
  verdict: AuthVerdict;
  /** What decided; null where nothing could. */
  by: AuthMethod | null;
  /** The domain of From, in lower case: the only one the verdict is about. Null where there is not exactly one. */
  fromDomain: string | null;
  /** A DKIM signature of that domain was verified or vouched for: the condition for what only an agent may do. */
  isDkimAligned: boolean;
  /** What the owner of the domain asks for; null where nobody told. */
  policy: 'none' | 'quarantine' | 'reject' | null;
  reasons: AuthReason[];
  /** Why the mail was not looked into; then the verdict is `none`, or `fail` for a From that names several. */
  problem: 'no_from' | 'several_from' | 'too_many_signatures' | 'unreadable' | null;
}

export interface AuthenticationOptions {
  /** As `dns.promises.resolve`. Every question about a mail goes through it, at most 60, each with a time limit. */
  resolve: DNSResolver;
  /** Names our own provider signs its results with, lower case. Empty: no such line is believed. */
  authservIds: readonly string[];
  /** Domains of forwarders whose ARC seal is believed, lower case. */
  trustedSealers: readonly string[];
  /** Only at our own door: who connected, and the envelope's sender. */
  peer?: { ip: string; helo: string; mailFrom: string };
}

/** More signatures than any honest mail has; each costs a question and a hash over the whole mail. */
const SIGNATURES_MAX = 10;
const ARC_HEADERS_MAX = 30;
const HEADER_BYTES_MAX = 256 * 1024;
const REASONS_MAX = 20;
const FROM_CHARS_MAX = 10_000;

/**
 * Find out whether From is true.
 *
 * Limits   10 signatures, 10 ARC sets, 60 DNS questions
 * Errors   none of a mail's making: what cannot be read is `none` with a `problem`
 */
export async function authenticateMail(raw: Buffer, options: AuthenticationOptions): Promise<MailAuthentication> {
  const headers = headersOf(raw);
  if (headers === null) return unknown('unreadable', null);
  const fromDomain = fromDomainOf(headers);
  if (fromDomain === SEVERAL) return { ...unknown('several_from', null), verdict: 'fail' };
  if (fromDomain === null) return unknown('no_from', null);
  const provided = providedResults(headers, options.authservIds);
  const byProvider = provided === null ? null : judgeResults(provided, fromDomain, 'provider');
  if (byProvider !== null && byProvider.verdict === 'pass') return byProvider;
  const signatures = headers.all('dkim-signature').length;
  const seals = ['arc-seal', 'arc-message-signature', 'arc-authentication-results'].reduce(
    (sum, name) => sum + headers.all(name).length,
    0,
  );
  if (signatures > SIGNATURES_MAX || seals > ARC_HEADERS_MAX)
    return { ...(byProvider ?? unknown(null, fromDomain)), problem: 'too_many_signatures' };
  const found = await verify(raw, options);
  if (found === null) return byProvider ?? unknown('unreadable', fromDomain);
  const own = byProvider ?? judgeOwn(found, fromDomain, options.peer !== undefined);
  return own.verdict === 'pass' ? own : (byForwarder(found, own, options.trustedSealers) ?? own);
}

/** The verdict on a mail that could not be looked into now: try again. */
export function undecided(): MailAuthentication {
  return { ...unknown(null, null), verdict: 'temperror' };
}

function unknown(problem: MailAuthentication['problem'], fromDomain: string | null): MailAuthentication {
  return { verdict: 'none', by: null, fromDomain, isDkimAligned: false, policy: null, reasons: [], problem };
}

function headersOf(raw: Buffer): HeaderValues | null {
  const end = raw.subarray(0, HEADER_BYTES_MAX);
  try {
    const part = outlineMail(end, { ...MAIL_LIMITS, headerBytesMax: HEADER_BYTES_MAX - 1 })[0];
    // A header that goes on behind what is looked at would be judged by its beginning.
    if (part === undefined || (part.bodyStart >= end.length && raw.length > end.length)) return null;
    return new HeaderValues(part.lines.map(({ key, start, end: stop }) => ({ key, line: end.toString('latin1', start, stop) })));
  } catch {
    return null; // the limits of a mail: the reader says which when it refuses it
  }
}

const SEVERAL = Symbol('several');

/** Two From lines or two domains: what a person sees and what is verified could be different ones. */
function fromDomainOf(headers: HeaderValues): string | typeof SEVERAL | null {
  const lines = headers.all('from');
  if (lines.length > 1) return SEVERAL;
  const line = lines[0] ?? '';
  // With comments or spaces inside its address one program reads another domain than the next, those that verify it included.
  if (tightAddresses(line) !== line) return SEVERAL;
  const addresses = addressparser(line.slice(0, FROM_CHARS_MAX), { flatten: true }).map(({ address }) => plainAddress(address));
  const domains = new Set(addresses.flatMap((address) => (address === null ? [] : [domainOf(address)])));
  return domains.size > 1 ? SEVERAL : ([...domains][0] ?? null);
}

function domainOf(address: string): string {
  return address
    .slice(address.lastIndexOf('@') + 1)
    .toLowerCase()
    .replace(/\.$/, '');
}

function providedResults(headers: HeaderValues, authservIds: readonly string[]): AuthResults | null {
  const all = headers.all('authentication-results').map((value) => readAuthResults(value));
  return all.find((results) => results !== null && authservIds.includes(results.authservId)) ?? null;
}

/** What a server whose word counts found. Null when it says nothing about From: then we look ourselves. */
function judgeResults({ methods }: AuthResults, fromDomain: string, source: AuthReason['source']): MailAuthentication | null {
  const dmarc = methods.find(({ method }) => method === 'dmarc');
  const aligned = methods.filter((one) => one.method === 'dkim' && isAligned(signerOf(one), fromDomain));
  const isDkimAligned = aligned.some(({ result }) => result === 'pass');
  const reasons = methods.slice(0, REASONS_MAX).flatMap((one) => reasonOf(one, source));
  const said = { fromDomain, isDkimAligned, policy: policyOf(dmarc), reasons, problem: null };
  // The line is about the From it names; one about another domain is about another mail.
  const about = dmarc?.properties.get('header.from');
  const isAboutIt = dmarc !== undefined && (about === undefined || about.toLowerCase() === fromDomain);
  if (isAboutIt && (dmarc.result === 'pass' || dmarc.result === 'fail')) return { ...said, verdict: dmarc.result, by: 'dmarc' };
  if (isDkimAligned) return { ...said, verdict: 'pass', by: 'dkim' };
  if (isAboutIt && dmarc.result === 'temperror') return { ...said, verdict: 'temperror', by: 'dmarc' };
  return isAboutIt ? { ...said, verdict: 'none', by: null } : null;
}

function signerOf({ properties }: AuthMethodResult): string {
  const identity = properties.get('header.i') ?? '';
  return (properties.get('header.d') ?? identity.slice(identity.lastIndexOf('@') + 1)).toLowerCase();
}

/**
 * The same domain, or one above the other. Without a list of public suffixes "org.uk" must not vouch for "evil.org.uk": the signer must
 * have at least as many labels as From less one, and two at the least.
 */
function isAligned(signer: string, fromDomain: string): boolean {
  if (signer === '') return false;
  return signer === fromDomain || signer.endsWith(`.${fromDomain}`) || (signer.split('.').length >= 3 && fromDomain.endsWith(`.${signer}`));
}

function policyOf(dmarc: AuthMethodResult | undefined): MailAuthentication['policy'] {
  return knownPolicy(dmarc?.properties.get('policy.dmarc')?.toLowerCase());
}

function knownPolicy(policy: string | undefined): MailAuthentication['policy'] {
  return policy === 'none' || policy === 'quarantine' || policy === 'reject' ? policy : null;
}

const METHODS: ReadonlySet<string> = new Set<AuthMethod>(['dkim', 'dmarc', 'spf', 'arc']);

function reasonOf(one: AuthMethodResult, source: AuthReason['source']): AuthReason[] {
  if (!METHODS.has(one.method)) return [];
  const named = one.method === 'dkim' ? signerOf(one) : (one.properties.get('header.from') ?? one.properties.get('smtp.mailfrom') ?? '');
  return [{ method: one.method as AuthMethod, result: one.result, domain: domainOf(named) || null, source }];
}

async function verify(raw: Buffer, { resolve, peer }: AuthenticationOptions): Promise<AuthenticateResult | null> {
  try {
    return await authenticate(raw, {
      resolver: boundedResolver(resolve),
      // Its own name would be the machine's, and is of no use here.
      mta: 'localhost',
      disableBimi: true,
      rejectRsaSha1: true,
      ...(peer === undefined ? {} : { ip: peer.ip, helo: peer.helo, sender: peer.mailFrom }),
    });
  } catch {
    return null; // a mail that cannot be verified is not verified; the reader tells what is wrong with it
  }
}

function judgeOwn(found: AuthenticateResult, fromDomain: string, isSpfKnown: boolean): MailAuthentication {
  const signed = found.dkim.results.slice(0, REASONS_MAX);
  // What an l= leaves unsigned anybody may have written.
  const passing = signed.filter(({ status }) => status.result === 'pass' && (status.underSized ?? 0) === 0);
  const isDkimAligned = passing.some(({ status }) => typeof status.aligned === 'string' && status.aligned !== '');
  const dmarc = found.dmarc === false ? null : found.dmarc;
  const spf = found.spf === false || !isSpfKnown ? null : found.spf;
  const reasons: AuthReason[] = [
    ...signed.map(({ status, signingDomain }) => ({
      method: 'dkim' as const,
      result: status.result,
      domain: signingDomain ?? null,
      source: 'own' as const,
    })),
    ...(spf === null ? [] : [{ method: 'spf' as const, result: spf.status.result, domain: spf.domain, source: 'own' as const }]),
    ...(dmarc === null ? [] : [{ method: 'dmarc' as const, result: dmarc.status.result, domain: fromDomain, source: 'own' as const }]),
  ];
  const policy = knownPolicy(dmarc?.policy);
  const base = { fromDomain, isDkimAligned, policy, reasons, problem: null };
  // Without a record there is no alignment, whatever the types say.
  const isSpfAligned = typeof (dmarc as Partial<DMARCResult> | null)?.alignment?.spf.result === 'string' && spf?.status.result === 'pass';
  if (dmarc?.status.result === 'pass' && (isDkimAligned || isSpfAligned)) return { ...base, verdict: 'pass', by: 'dmarc' };
  if (isDkimAligned) return { ...base, verdict: 'pass', by: 'dkim' };
  const results = [dmarc?.status.result, spf?.status.result, ...signed.map(({ status }) => status.result)];
  if (results.includes('temperror')) return { ...base, verdict: 'temperror', by: null };
  // Without SPF half of the proof is missing: then only an owner who asks for severity gets it.
  // A pass that got here leans on a signature that covers half of the mail.
  const isUnproved = dmarc?.status.result === 'fail' || dmarc?.status.result === 'pass';
  const isFailure = isUnproved && (isSpfKnown || policy === 'reject' || policy === 'quarantine');
  return { ...base, verdict: isFailure ? 'fail' : 'none', by: isFailure ? 'dmarc' : null };
}

/** From the last forwarder back, as long as each is trusted: did one of them receive the mail authenticated? */
function byForwarder(found: AuthenticateResult, own: MailAuthentication, trusted: readonly string[]): MailAuthentication | null {
  if (found.arc === false || found.arc.status.result === 'none' || own.fromDomain === null) return null;
  const isIntact = found.arc.status.result === 'pass';
  const reason: AuthReason = { method: 'arc', result: isIntact ? 'pass' : 'fail', domain: null, source: 'forwarder' };
  if (!isIntact) return { ...own, reasons: [...own.reasons, reason] };
  for (const set of (found.arc.chain ?? []).toReversed()) {
    const sealer = sealerOf(set['arc-seal']?.parsed);
    if (sealer === null || !trusted.includes(sealer)) break;
    const line = set['arc-authentication-results']?.original;
    const results = line === undefined ? null : readArcAuthResults(valueOf(line));
    const judged = results === null ? null : judgeResults(results, own.fromDomain, 'forwarder');
    if (judged?.verdict === 'pass') {
      return {
        ...judged,
        by: 'arc',
        policy: own.policy ?? judged.policy,
        reasons: [...own.reasons, { ...reason, domain: sealer }, ...judged.reasons],
      };
    }
  }
  return { ...own, reasons: [...own.reasons, reason] };
}

function sealerOf(parsed: unknown): string | null {
  const tag = (parsed as { d?: { value?: unknown } } | undefined)?.d?.value;
  return typeof tag === 'string' ? tag.toLowerCase() : null;
}

function valueOf(line: Buffer | string): string {
  const text = line.toString().replaceAll(/\r?\n(?=[ \t])/g, '');
  return text.slice(text.indexOf(':') + 1).trim();
}

import { lookup } from 'node:dns/promises';
import { isIP } from 'node:net';
import ipaddr from 'ipaddr.js';
import { type Config, isPublicAddress } from '#platform';
import { ChannelError } from '../channel.js';
import { type MailResolver, mailResolver } from './mail-dns.js';

type HostRules = Pick<Config, 'demo' | 'mailHostsTrusted' | 'dnsServers'>;

/** A mail server's address that was checked: connect to `address`, and ask for a certificate of `servername`. */
export interface MailHost {
  address: string;
  /** Null where the server was named by its address. */
  servername: string | null;
  /** This very machine: the one place where a connection may go unencrypted. */
  isLoopback: boolean;
}

const LOOKUP_MS_MAX = 8_000;
const ADDRESSES_MAX = 50;
const resolvers = new WeakMap<HostRules, MailResolver>();

/**
 * Find the address of a mail server that a tenant named. A tenant must not reach through us into the network we stand in, so a name is
 * refused whole when any of its addresses is private; which one is used must not be left to chance. The operator's list opens hosts of his
 * own (`MAIL_HOSTS_TRUSTED`), and the demo opens this machine.
 *
 * Limits   8 s
 * Errors   ChannelError `server_not_allowed` (reconnect), `server_unknown` (reconnect), `server_unreachable` (try_later: nobody could say)
 */
export async function resolveMailHost(host: string, rules: HostRules): Promise<MailHost> {
  const name = host
    .trim()
    .toLowerCase()
    .replace(/^\[|\]$/g, '')
    .replace(/(?<=.)\.$/, '');
  const isTrusted = rules.mailHostsTrusted.includes(name);
  const addresses = isIP(name) !== 0 ? [name] : await addressesOf(name, isTrusted, rules);
  const allowed = addresses.every((address) => isTrusted || mayReach(address, rules));
  if (!allowed)
    throw new ChannelError('reconnect', 'server_not_allowed', 'This mail server is on a private network, which is not allowed here.');
  const address = addresses[0];
  if (address === undefined) throw unknown();
  return { address, servername: isIP(name) === 0 ? name : null, isLoopback: isLoopback(address) };
}

async function addressesOf(name: string, isTrusted: boolean, rules: HostRules): Promise<string[]> {
  if (name === 'localhost') return ['127.0.0.1'];
  // A host of the operator's own may be known to this machine alone.
  const asked = isTrusted ? lookup(name, { all: true }).then((found) => found.map(({ address }) => address)) : ask(name, rules);
  const { promise: late, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => reject(Object.assign(new Error('no answer in time'), { code: 'ETIMEOUT' })), LOOKUP_MS_MAX);
  try {
    return (await Promise.race([asked, late])).slice(0, ADDRESSES_MAX);
  } catch (error) {
    if (isNameless(error)) throw unknown();
    throw new ChannelError('try_later', 'server_unreachable', 'The mail server’s name could not be looked up right now.');
  } finally {
    clearTimeout(timer);
  }
}

/** Version 4 first: it is the one that every mail server has. */
async function ask(name: string, rules: HostRules): Promise<string[]> {
  const resolve = resolverOf(rules);
  const [four, six] = await Promise.allSettled([resolve(name, 'A'), resolve(name, 'AAAA')]);
  const found = [four, six].flatMap((answer) => (answer.status === 'fulfilled' ? answer.value : []));
  if (found.length > 0) return found;
  // That a name has no address of one kind says nothing about it; that nobody could say decides.
  const failures = [four, six].flatMap((answer) => (answer.status === 'rejected' ? [answer.reason as unknown] : []));
  const decisive = failures.find((failure) => !isNameless(failure)) ?? failures[0];
  throw Object.assign(new Error('no address'), { code: codeOf(decisive) ?? 'ENODATA' });
}

function resolverOf(rules: HostRules): MailResolver {
  const known = resolvers.get(rules) ?? mailResolver(rules);
  resolvers.set(rules, known);
  return known;
}

function mayReach(address: string, { demo, mailHostsTrusted }: HostRules): boolean {
  return isPublicAddress(address) || mailHostsTrusted.includes(address) || (demo && isLoopback(address));
}

function isLoopback(address: string): boolean {
  return ipaddr.process(address).range() === 'loopback';
}

function isNameless(error: unknown): boolean {
  return ['ENOTFOUND', 'ENODATA', 'EBADNAME', 'EAI_NODATA', 'EAI_NONAME'].includes(codeOf(error) ?? '');
}

function codeOf(error: unknown): string | undefined {
  return (error as NodeJS.ErrnoException | null)?.code;
}

function unknown(): ChannelError {
  return new ChannelError('reconnect', 'server_unknown', 'There is no mail server of this name. Check how it is spelled.');
}

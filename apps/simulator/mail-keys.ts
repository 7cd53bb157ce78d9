import { createPublicKey, generateKeyPair } from 'node:crypto';
import { buffer } from 'node:stream/consumers';
import { promisify } from 'node:util';
import DKIM from 'nodemailer/lib/dkim';
import type { SimDns } from './sim-dns.js';

const makeKeyPair = promisify(generateKeyPair);
const MODULUS_BITS = 2048;
const SELECTOR = 'sim';
/** Nobody is there, and nobody can be (RFC 5737): so a mail counts as its domain's by its signature alone. */
const EXCHANGE_ADDRESS = '192.0.2.25';

/** `reject`: a mail of the domain that is not signed is not the domain's. `none`: the domain says nothing about it. */
export type MailPolicy = 'none' | 'reject';

/** As they lie on disk. */
export type SavedMailKeys = Record<string, string>;

/** Made in this process: a key takes long to make, and tests make many worlds with the same domains. */
const FRESH_KEYS = new Map<string, Promise<string>>();

/** The domains of the people: each signs its mail, and its DNS says with which key. */
export class MailKeys {
  private readonly keys = new Map<string, Promise<string>>();
  private readonly policies = new Map<string, MailPolicy>();
  private readonly made = new Map<string, string>();

  constructor(
    dns: SimDns,
    private readonly usualPolicy: MailPolicy,
    private readonly isPersons: (domain: string) => boolean,
  ) {
    dns.speaksFor((name) => this.recordsOf(name));
  }

  /** What the DNS of this domain asks receivers to do with mail that is not proven to be the domain's. */
  protect(domain: string, policy: MailPolicy = 'reject'): void {
    this.policies.set(domain.toLowerCase(), policy);
  }

  /** The mail with the signature of its sender's domain above it. */
  async sign(raw: Buffer, senderAddress: string): Promise<Buffer> {
    const domainName = domainOf(senderAddress);
    const privateKey = await this.keyOf(domainName);
    return buffer(new DKIM({ domainName, keySelector: SELECTOR, privateKey }).sign(raw));
  }

  saved(): SavedMailKeys {
    return Object.fromEntries(this.made);
  }

  restore(saved: SavedMailKeys): void {
    for (const [domain, key] of Object.entries(saved)) {
      this.keys.set(domain, Promise.resolve(key));
      this.made.set(domain, key);
    }
  }

  private keyOf(domain: string): Promise<string> {
    const known = this.keys.get(domain);
    if (known !== undefined) return known;
    const key = FRESH_KEYS.get(domain) ?? makeKey();
    FRESH_KEYS.set(domain, key);
    const made = key.then((pem) => {
      this.made.set(domain, pem);
      return pem;
    });
    this.keys.set(domain, made);
    return made;
  }

  private recordsOf(name: string): ReturnType<Parameters<SimDns['speaksFor']>[0]> {
    const [, place = '', domain = ''] = /^(_dmarc\.|mx\.|sim\._domainkey\.|_domainkey\.)?(.+)$/.exec(name) ?? [];
    if (!this.isPersons(domain) && !this.keys.has(domain)) return null;
    if (place === '') return { MX: [{ exchange: `mx.${domain}` }], TXT: ['v=spf1 mx -all'] };
    if (place === 'mx.') return { A: [EXCHANGE_ADDRESS] };
    if (place === '_domainkey.') return {};
    if (place === '_dmarc.') return this.policyOf(domain) === 'reject' ? { TXT: ['v=DMARC1; p=reject'] } : null;
    const key = this.made.get(domain);
    return key === undefined ? null : { TXT: [`v=DKIM1; k=rsa; p=${publicHalf(key)}`] };
  }

  private policyOf(domain: string): MailPolicy {
    return this.policies.get(domain) ?? this.usualPolicy;
  }
}

function publicHalf(privateKey: string): string {
  return createPublicKey(privateKey).export({ type: 'spki', format: 'der' }).toString('base64');
}

export function domainOf(address: string): string {
  return address.slice(address.lastIndexOf('@') + 1).toLowerCase();
}

async function makeKey(): Promise<string> {
  const { privateKey } = await makeKeyPair('rsa', { modulusLength: MODULUS_BITS });
  return privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
}

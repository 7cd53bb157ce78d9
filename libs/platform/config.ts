import { resolve } from 'node:path';
import ipaddr from 'ipaddr.js';
import { z } from 'zod';

/**
 * The environment, read once and checked whole. Nothing else in the project reads `process.env`.
 * Business settings are rows in the database, never environment.
 */
export interface Config {
  host: string;
  port: number;
  operatorHost: string;
  operatorPort: number;
  /** The address at which operators open their console; null: `localhost` and the port that it listens on. */
  operatorUrl: string | null;
  simulatorPort: number;
  dataDir: string;
  /** Use this PostgreSQL; null: the embedded one. */
  databaseUrl: string | null;
  publicUrl: string;
  /** Base64 of 32 bytes each, newest first; empty: made and kept in the data folder. */
  secretKeys: string[];
  trustedProxies: string[];
  roles: Role[];
  demo: boolean;
  /** What hashing a password costs, with Argon2id. Raising it rehashes each password at its owner's next sign-in. */
  passwordCost: { memoryKib: number; passes: number };
  smtpUrl: string | null;
  /** Own door for inbound mail. */
  smtpListen: { host: string; port: number; lmtp: boolean } | null;
  /** For STARTTLS at that door: files with the key and the certificate; null: it offers none. */
  smtpListenTls: { keyFile: string; certificateFile: string } | null;
  /** Ask these name servers about mail domains (`host:port`); empty: the machine's own. */
  dnsServers: string[];
  /** Mail servers that tenants may name although they are on a private network: host names, or addresses. */
  mailHostsTrusted: string[];
  mailLogin: { google: MailLoginConfig | null; microsoft: MailLoginConfig | null };
  facebook: FacebookConfig;
}

/** How agents sign a mailbox in with its provider. */
export interface MailLoginConfig {
  clientId: string;
  clientSecret: string;
  /** Where people are sent to say yes, and where codes become tokens. */
  authorizeUrl: string;
  tokenUrl: string;
  /** Its mail servers, without user and password: `imaps://imap.gmail.com:993`. */
  imapUrl: string;
  smtpUrl: string;
}

export interface FacebookConfig {
  appId: string;
  /** One, or two while rotating: both are accepted on what comes in, the first signs what goes out. */
  appSecrets: string[];
  verifyToken: string;
  graphUrl: string;
  /** Where people sign in with Facebook. */
  facebookUrl: string;
  /** The configuration of Facebook Login for Business; empty: the permissions are asked for one by one. */
  loginConfigId: string;
  graphVersion: string;
}

const ROLES = ['gateway', 'api', 'worker'] as const;
export type Role = (typeof ROLES)[number];

const PORT_MAX = 65_535;
/**
 * The least that hashing a password may cost.
 *
 * Source   OWASP Password Storage Cheat Sheet: 19 MiB, 2 passes, 1 lane
 */
const ARGON2_KIB_MIN = 19_456;
const ARGON2_KIB_MAX = 1024 * 1024;
const ARGON2_PASSES_MIN = 2;
const ARGON2_PASSES_MAX = 20;
const port = (fallback: number) => z.coerce.number().int().min(0).max(PORT_MAX).default(fallback);
const list = z.string().transform((text) =>
  text
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== ''),
);
const secretKey = z.string().refine((text) => Buffer.from(text, 'base64').length === 32, 'must be 32 bytes in base64');
const cidr = z.string().refine((text) => ipaddr.isValidCIDR(text) || ipaddr.isValid(text), 'must be an address or a CIDR range');
const mailDoor = z
  .string()
  .regex(/^(?:[sl]mtp:\/\/)?\[?[^\]/]+\]?:\d{1,5}$/, 'must be host:port')
  .transform((text) => {
    const address = text.replace(/^[sl]mtp:\/\//, '');
    const at = address.lastIndexOf(':');
    return { host: address.slice(0, at).replace(/^\[|\]$/g, ''), port: Number(address.slice(at + 1)), lmtp: text.startsWith('lmtp://') };
  })
  .refine(({ port: number }) => number <= PORT_MAX, 'must be host:port');

const mailServer = (protocol: 'imap' | 'smtp') => z.url({ protocol: new RegExp(`^${protocol}s?$`) });

const Environment = z.object({
  HOST: z.string().min(1).default('127.0.0.1'),
  PORT: port(3000),
  OPERATOR_HOST: z.string().min(1).default('127.0.0.1'),
  OPERATOR_PORT: port(3001),
  OPERATOR_URL: z.url({ protocol: /^https?$/ }).optional(),
  SIMULATOR_PORT: port(3100),
  OMNIDESK_DATA: z.string().min(1).default('.omnidesk'),
  DATABASE_URL: z.url({ protocol: /^postgres(ql)?$/ }).optional(),
  OMNIDESK_SECRET_KEY: list.pipe(z.array(secretKey).max(5)).default([]),
  OMNIDESK_ROLES: list.pipe(z.array(z.enum(ROLES)).min(1)).default([...ROLES]),
  OMNIDESK_DEMO: z.enum(['0', '1']).default('0'),
  ARGON2_MEMORY_KIB: z.coerce.number().int().min(ARGON2_KIB_MIN).max(ARGON2_KIB_MAX).default(ARGON2_KIB_MIN),
  ARGON2_PASSES: z.coerce.number().int().min(ARGON2_PASSES_MIN).max(ARGON2_PASSES_MAX).default(ARGON2_PASSES_MIN),
  PUBLIC_URL: z.url({ protocol: /^https?$/ }).optional(),
  TRUSTED_PROXIES: list.pipe(z.array(cidr)).default([]),
  FACEBOOK_APP_ID: z.string().default(''),
  FACEBOOK_APP_SECRET: list.pipe(z.array(z.string()).max(2)).default([]),
  FACEBOOK_VERIFY_TOKEN: z.string().default(''),
  GRAPH_URL: z.url({ protocol: /^https?$/ }).default('https://graph.facebook.com'),
  FACEBOOK_URL: z.url({ protocol: /^https?$/ }).default('https://www.facebook.com'),
  FACEBOOK_LOGIN_CONFIG_ID: z.string().default(''),
  GRAPH_VERSION: z
    .string()
    .regex(/^v\d+\.\d+$/)
    .default('v26.0'),
  SMTP_URL: z.url({ protocol: /^smtps?$/ }).optional(),
  SMTP_LISTEN: mailDoor.optional(),
  SMTP_LISTEN_KEY: z.string().optional(),
  SMTP_LISTEN_CERTIFICATE: z.string().optional(),
  DNS_SERVERS: list.default([]),
  MAIL_HOSTS_TRUSTED: list.default([]),
  GOOGLE_CLIENT_ID: z.string().optional(),
  GOOGLE_CLIENT_SECRET: z.string().default(''),
  GOOGLE_AUTHORIZE_URL: z.url({ protocol: /^https?$/ }).default('https://accounts.google.com/o/oauth2/v2/auth'),
  GOOGLE_TOKEN_URL: z.url({ protocol: /^https?$/ }).default('https://oauth2.googleapis.com/token'),
  GOOGLE_IMAP_URL: mailServer('imap').default('imaps://imap.gmail.com:993'),
  GOOGLE_SMTP_URL: mailServer('smtp').default('smtps://smtp.gmail.com:465'),
  MICROSOFT_CLIENT_ID: z.string().optional(),
  MICROSOFT_CLIENT_SECRET: z.string().default(''),
  MICROSOFT_AUTHORIZE_URL: z.url({ protocol: /^https?$/ }).default('https://login.microsoftonline.com/common/oauth2/v2.0/authorize'),
  MICROSOFT_TOKEN_URL: z.url({ protocol: /^https?$/ }).default('https://login.microsoftonline.com/common/oauth2/v2.0/token'),
  MICROSOFT_IMAP_URL: mailServer('imap').default('imaps://outlook.office365.com:993'),
  MICROSOFT_SMTP_URL: mailServer('smtp').default('smtp://smtp.office365.com:587'),
});

/** Reports every problem of the environment at once, by name and never by value: a wrong secret must not be printed. */
export class ConfigProblem extends Error {
  override readonly name = 'ConfigProblem';
}

/**
 * Read the environment into a configuration, or say everything that is wrong with it.
 *
 * Errors   ConfigProblem with one line per variable
 */
export function readEnv(env: Record<string, string | undefined>): Config {
  // An empty variable is how shells and compose files say "not set".
  const given = Object.fromEntries(Object.entries(env).filter(([, value]) => value !== undefined && value !== ''));
  const parsed = Environment.safeParse(given);
  if (!parsed.success) {
    const lines = parsed.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.code === 'custom' ? issue.message : issue.code}`);
    throw new ConfigProblem(`The environment cannot be used:\n  ${lines.join('\n  ')}`);
  }
  const read = parsed.data;
  return {
    host: read.HOST,
    port: read.PORT,
    operatorHost: read.OPERATOR_HOST,
    operatorPort: read.OPERATOR_PORT,
    operatorUrl: read.OPERATOR_URL === undefined ? null : new URL(read.OPERATOR_URL).origin,
    simulatorPort: read.SIMULATOR_PORT,
    dataDir: resolve(read.OMNIDESK_DATA),
    databaseUrl: read.DATABASE_URL ?? null,
    publicUrl: (read.PUBLIC_URL ?? `http://${read.HOST}:${String(read.PORT)}`).replace(/\/$/, ''),
    secretKeys: read.OMNIDESK_SECRET_KEY,
    trustedProxies: read.TRUSTED_PROXIES,
    roles: read.OMNIDESK_ROLES,
    demo: read.OMNIDESK_DEMO === '1',
    passwordCost: { memoryKib: read.ARGON2_MEMORY_KIB, passes: read.ARGON2_PASSES },
    smtpUrl: read.SMTP_URL ?? null,
    smtpListen: read.SMTP_LISTEN ?? null,
    smtpListenTls:
      read.SMTP_LISTEN_KEY !== undefined && read.SMTP_LISTEN_CERTIFICATE !== undefined
        ? { keyFile: resolve(read.SMTP_LISTEN_KEY), certificateFile: resolve(read.SMTP_LISTEN_CERTIFICATE) }
        : null,
    dnsServers: read.DNS_SERVERS,
    mailHostsTrusted: read.MAIL_HOSTS_TRUSTED.map((host) => host.toLowerCase()),
    mailLogin: {
      google: mailLogin(read.GOOGLE_CLIENT_ID, read.GOOGLE_CLIENT_SECRET, {
        authorizeUrl: read.GOOGLE_AUTHORIZE_URL,
        tokenUrl: read.GOOGLE_TOKEN_URL,
        imapUrl: read.GOOGLE_IMAP_URL,
        smtpUrl: read.GOOGLE_SMTP_URL,
      }),
      microsoft: mailLogin(read.MICROSOFT_CLIENT_ID, read.MICROSOFT_CLIENT_SECRET, {
        authorizeUrl: read.MICROSOFT_AUTHORIZE_URL,
        tokenUrl: read.MICROSOFT_TOKEN_URL,
        imapUrl: read.MICROSOFT_IMAP_URL,
        smtpUrl: read.MICROSOFT_SMTP_URL,
      }),
    },
    facebook: {
      appId: read.FACEBOOK_APP_ID,
      appSecrets: read.FACEBOOK_APP_SECRET,
      verifyToken: read.FACEBOOK_VERIFY_TOKEN,
      graphUrl: read.GRAPH_URL.replace(/\/$/, ''),
      facebookUrl: read.FACEBOOK_URL.replace(/\/$/, ''),
      loginConfigId: read.FACEBOOK_LOGIN_CONFIG_ID,
      graphVersion: read.GRAPH_VERSION,
    },
  };
}

function mailLogin(
  clientId: string | undefined,
  clientSecret: string,
  urls: Omit<MailLoginConfig, 'clientId' | 'clientSecret'>,
): MailLoginConfig | null {
  return clientId === undefined ? null : { clientId, clientSecret, ...urls };
}

/** Nest's token for the configuration. */
export const CONFIG = Symbol('config');

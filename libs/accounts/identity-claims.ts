import type { RoleLine } from '#contract';

/** What a provider said of a person, after it was checked that it said so to us and now. */
export interface Identity {
  issuer: string;
  subject: string;
  /** Of which the provider says that it is this person's; null for any other. */
  email: string | null;
  name: string;
  /** What stands in the claim about roles. */
  roleValues: readonly string[];
  /** How many of what one knows, has and is were proved there; null where the provider does not say. */
  factors: 1 | 2 | null;
}

const SUBJECT_LENGTH_MAX = 255;
const NAME_LENGTH_MAX = 100;
const EMAIL_LENGTH_MAX = 254;
const VALUES_MAX = 500;

/**
 * Ways to authenticate, by what they prove.
 *
 * Source   RFC 8176, section 2
 */
const KNOWN: ReadonlySet<string> = new Set(['pwd', 'pin', 'kba']);
const HELD: ReadonlySet<string> = new Set(['otp', 'hwk', 'swk', 'sms', 'tel', 'sc', 'pop', 'fido']);
const BORNE: ReadonlySet<string> = new Set(['fpt', 'face', 'iris', 'retina', 'vbm']);

/**
 * Classes of authentication that say something about factors.
 *
 * Source   OpenID Connect Core 1.0, section 2 (`0`); OpenID Provider Authentication Policy Extension 1.0; Enhanced Authentication Profile
 */
const ONE_FACTOR: ReadonlySet<string> = new Set(['0', '1', 'urn:mace:incommon:iap:bronze']);
const MORE_FACTORS: ReadonlySet<string> = new Set([
  'phr',
  'phrh',
  'http://schemas.openid.net/pape/policies/2007/06/multi-factor',
  'https://refeds.org/profile/mfa',
]);

type Claims = Readonly<Record<string, unknown>>;

/** Null for who has no name that could be kept. */
export function identityIn(claims: Claims, issuer: string, roleClaim: string | null): Identity | null {
  const { sub } = claims;
  if (typeof sub !== 'string' || sub === '' || sub.length > SUBJECT_LENGTH_MAX) return null;
  return {
    issuer,
    subject: sub,
    email: verifiedEmail(claims),
    name: typeof claims['name'] === 'string' ? claims['name'].trim().slice(0, NAME_LENGTH_MAX) : '',
    roleValues: roleClaim === null ? [] : textsIn(claims[roleClaim]),
    factors: factorsIn(claims),
  };
}

/** How many factors a session begins with: by what the provider says, and where it says nothing, by the tenant's word. */
export function provedFactors({ factors }: Identity, countsAsSecondFactor: boolean): 1 | 2 {
  return countsAsSecondFactor ? (factors ?? 2) : 1;
}

/** The role of who has these values: the first line that fits, or the line for everybody else. Null: none, so he does not come in. */
export function roleFor(lines: readonly RoleLine[], values: readonly string[]): RoleLine | null {
  const fitting = lines.find(({ value }) => value !== null && values.includes(value));
  return fitting ?? lines.find(({ value }) => value === null) ?? null;
}

// An address that the provider did not verify is nobody's.
function verifiedEmail({ email, email_verified: isVerified }: Claims): string | null {
  return isVerified === true && typeof email === 'string' && email.length <= EMAIL_LENGTH_MAX ? email : null;
}

function factorsIn({ amr, acr }: Claims): 1 | 2 | null {
  const ways = textsIn(amr);
  if (ways.length > 0) {
    const kinds = [KNOWN, HELD, BORNE].filter((kind) => ways.some((way) => kind.has(way))).length;
    return ways.includes('mfa') || kinds > 1 ? 2 : 1;
  }
  if (typeof acr !== 'string') return null;
  return MORE_FACTORS.has(acr) ? 2 : ONE_FACTOR.has(acr) ? 1 : null;
}

function textsIn(claim: unknown): string[] {
  return [claim]
    .flat()
    .slice(0, VALUES_MAX)
    .filter((value) => typeof value === 'string');
}

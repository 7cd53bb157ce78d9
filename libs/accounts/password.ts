import { type Algorithm, hash, verify } from '@node-rs/argon2';

/**
 * Argon2id. Raising these rehashes each password at its owner's next sign-in.
 *
 * Source   OWASP Password Storage Cheat Sheet: 19 MiB, 2 passes, 1 lane
 */
const PARAMETERS = { algorithm: 2 satisfies Algorithm.Argon2id, memoryCost: 19_456, timeCost: 2, parallelism: 1 };
const PARAMETERS_TEXT = `$argon2id$v=19$m=${String(PARAMETERS.memoryCost)},t=${String(PARAMETERS.timeCost)},p=${String(PARAMETERS.parallelism)}$`;

/** Hashing takes a core for some milliseconds each; more at once would starve everything else. */
const HASHES_AT_ONCE_MAX = 2;
let running = 0;
const waiting: (() => void)[] = [];

export function hashPassword(password: string): Promise<string> {
  return inTurn(() => hash(password, PARAMETERS));
}

export function isPassword(password: string, passwordHash: string): Promise<boolean> {
  return inTurn(() => verify(passwordHash, password));
}

export function needsRehash(passwordHash: string): boolean {
  return !passwordHash.startsWith(PARAMETERS_TEXT);
}

let decoy: Promise<string> | undefined;

/** Take as long as a real check would, so that the time of an answer does not say whether an address is known. */
export async function pretendToCheck(password: string): Promise<void> {
  decoy ??= hashPassword('no password is this one');
  await isPassword(password, await decoy);
}

async function inTurn<T>(work: () => Promise<T>): Promise<T> {
  if (running < HASHES_AT_ONCE_MAX) running++;
  else await new Promise<void>((resolve) => waiting.push(resolve));
  try {
    return await work();
  } finally {
    // The place is handed over, not given back: somebody who comes just now must not take it too.
    const next = waiting.shift();
    if (next) next();
    else running--;
  }
}

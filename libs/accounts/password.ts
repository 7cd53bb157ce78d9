import { type Algorithm, hash, verify } from '@node-rs/argon2';

/** What hashing a password costs whoever does it. */
export interface PasswordCost {
  memoryKib: number;
  passes: number;
}

const ARGON2ID = { algorithm: 2 satisfies Algorithm.Argon2id, parallelism: 1 };

/** Hashing takes a core for some milliseconds each; more at once would starve everything else. */
const HASHES_AT_ONCE_MAX = 2;
let running = 0;
const waiting: (() => void)[] = [];

/** By Argon2id, in one lane. */
export function hashPassword(password: string, { memoryKib, passes }: PasswordCost): Promise<string> {
  return inTurn(() => hash(password, { ...ARGON2ID, memoryCost: memoryKib, timeCost: passes }));
}

export function isPassword(password: string, passwordHash: string): Promise<boolean> {
  return inTurn(() => verify(passwordHash, password));
}

/** Whether a hash cost something else than a new one would. */
export function needsRehash(passwordHash: string, { memoryKib, passes }: PasswordCost): boolean {
  return !passwordHash.startsWith(`$argon2id$v=19$m=${String(memoryKib)},t=${String(passes)},p=1$`);
}

const decoys = new Map<string, Promise<string>>();

/** Take as long as a real check would, so that the time of an answer does not say whether an address is known. */
export async function pretendToCheck(password: string, cost: PasswordCost): Promise<void> {
  const key = `${String(cost.memoryKib)} ${String(cost.passes)}`;
  const decoy = decoys.get(key) ?? hashPassword('no password is this one', cost);
  decoys.set(key, decoy);
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

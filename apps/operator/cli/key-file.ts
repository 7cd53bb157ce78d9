import { createHash, createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { CommandProblem } from './told.js';

/** Lies with the data: whoever can read it has the data anyway. */
const KEY_FILE = 'operator-key.pem';

export interface SigningKey {
  keyId: string;
  privateKey: KeyObject;
}

/** Errors: CommandProblem `no_key` when there is none. Shape: file: null for the one in the data folder */
export async function readKey(dataDir: string, file: string | undefined): Promise<SigningKey> {
  const path = file ?? join(dataDir, KEY_FILE);
  const text = await readFile(path, 'utf8').catch(() => null);
  if (text === null) {
    throw new CommandProblem(
      `There is no operator’s key in ${path}. Make one with "npm run omnidesk -- operator init --name <your name>", or add --local.`,
      'no_key',
    );
  }
  const privateKey = createPrivateKey(text);
  return { keyId: keyIdOf(publicHalf(privateKey)), privateKey };
}

/**
 * Make a pair of keys, keep the private half in the data folder for its owner alone, and give back the public half.
 *
 * Errors   CommandProblem `key_exists` when there is one already: it may be somebody's
 */
export async function makeKey(dataDir: string): Promise<{ path: string; publicKey: string; keyId: string }> {
  const { privateKey } = generateKeyPairSync('ed25519');
  const path = join(dataDir, KEY_FILE);
  await mkdir(dataDir, { recursive: true, mode: 0o700 });
  try {
    // `wx` fails when it exists.
    await writeFile(path, privateKey.export({ type: 'pkcs8', format: 'pem' }), { flag: 'wx', mode: 0o600 });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    throw new CommandProblem(`There is a key already: ${path}. Move it away first if it is nobody’s any more.`, 'key_exists');
  }
  const publicKey = publicHalf(privateKey);
  return { path, publicKey, keyId: keyIdOf(publicKey) };
}

/** The public half that stands in a file: a PEM of either half, or the 32 bytes in base64url. */
export async function readPublicKey(path: string): Promise<string> {
  const text = (await readFile(path, 'utf8')).trim();
  if (/^[A-Za-z0-9_-]{43}$/.test(text)) return text;
  try {
    return createPublicKey(text).export({ format: 'jwk' }).x ?? '';
  } catch {
    throw new CommandProblem(`${path} holds no Ed25519 key.`, 'bad_key');
  }
}

function publicHalf(privateKey: KeyObject): string {
  return createPublicKey(privateKey).export({ format: 'jwk' }).x!;
}

function keyIdOf(publicKey: string): string {
  return createHash('sha256').update(Buffer.from(publicKey, 'base64url')).digest('base64url');
}

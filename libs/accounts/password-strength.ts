import { Worker } from 'node:worker_threads';
import { Refusal, SECOND_MS } from '#platform';
import type { StrengthQuestion } from './password-strength-worker.js';

/**
 * How easily a password is guessed: by its length, by a list of what leaked elsewhere and an estimate of the guesses it takes, and by
 * what is left of it without the words that anybody knows of this person. There is no rule about kinds of letters.
 *
 * Source   OWASP ASVS 5.0, 6.2.4, 6.2.5, 6.2.11, 6.2.12; NIST SP 800-63B, 3.1.1
 */

/** Of 0 to 4: 3 is more than a hundred million guesses. */
const SCORE_MIN = 3;
/** The estimate's time grows with the square of the length; what comes after could only make a password stronger. */
const ESTIMATED_CHARS_MAX = 128;
const ESTIMATE_TIMEOUT_MS = 10 * SECOND_MS;
const WAITING_MAX = 20;
/** What must be left when the words about the person, the tenant and the product are taken out. */
const OWN_CHARS_MIN = 8;
const WORD_CHARS_MIN = 3;
const PRODUCT = 'Omnidesk';

/** Names and addresses that belong to whoever chooses the password. */
export type KnownWords = readonly string[];

/**
 * Resolves for a password that is hard enough to guess.
 *
 * Errors   invalid `weak_password`, `password_of_known_words`; unavailable `busy`
 */
export async function demandStrongPassword(password: string, known: KnownWords): Promise<void> {
  const words = [...new Set([PRODUCT, ...known].flatMap(wordsIn))];
  if (withoutWords(password, words).length < OWN_CHARS_MIN) {
    throw new Refusal(
      'invalid',
      'password_of_known_words',
      'This password is made of your name, your address or your business. Add words that nobody would expect.',
    );
  }
  if ((await score({ password: password.slice(0, ESTIMATED_CHARS_MAX), words })) < SCORE_MIN) {
    throw new Refusal(
      'invalid',
      'weak_password',
      'This password is easy to guess. A few words in a row that do not belong together are strong.',
    );
  }
}

function wordsIn(text: string): string[] {
  const words = text.toLowerCase().split(/[^\p{L}\p{N}]+/u);
  return [...words, words.join('')].filter((word) => word.length >= WORD_CHARS_MIN);
}

function withoutWords(password: string, words: readonly string[]): string {
  const longestFirst = [...words].sort((a, b) => b.length - a.length);
  const left = longestFirst.reduce((text, word) => text.replaceAll(word, ' '), password.toLowerCase());
  return left.replace(/[\s\p{P}]+/gu, '');
}

let worker: Worker | undefined;
let last: Promise<unknown> = Promise.resolve();
let waiting = 0;

/** One after the other, so that an answer belongs to its question. */
function score(question: StrengthQuestion): Promise<number> {
  if (waiting >= WAITING_MAX) throw new Refusal('unavailable', 'busy', 'Too much is asked at once. Try again in a moment.');
  waiting++;
  const answer = last.then(() => ask(question)).finally(() => waiting--);
  last = answer.catch(() => undefined);
  return answer;
}

function ask(question: StrengthQuestion): Promise<number> {
  const asked = (worker ??= startWorker());
  return new Promise((resolve, reject) => {
    const finish = (settle: () => void) => {
      clearTimeout(timer);
      asked.off('message', answered).off('error', failed);
      settle();
    };
    const answered = (value: number) => finish(() => resolve(value));
    const failed = (error: Error) => {
      worker = undefined;
      finish(() => reject(error));
    };
    const timer = setTimeout(() => {
      void asked.terminate();
      failed(new Error('the estimate of a password took too long'));
    }, ESTIMATE_TIMEOUT_MS);
    asked.on('message', answered).on('error', failed);
    asked.postMessage(question);
  });
}

function startWorker(): Worker {
  const started = new Worker(new URL('./password-strength-worker.js', import.meta.url));
  // Nobody stays alive for it.
  started.unref();
  return started;
}

import { parentPort } from 'node:worker_threads';
import type { DNSResolver } from 'mailauth';
import { authenticateMail } from './authentication.js';
import type { AuthenticatorAnswer, AuthenticatorTask } from './mail-authenticator.js';

/*
 * The thread behind `MailAuthenticator`: hashes and compares. Its questions to the DNS are asked by the other side.
 */

interface Question {
  resolve(records: string[][]): void;
  reject(reason: Error): void;
}

const questions = new Map<number, Question>();
let lastQuestion = 0;

function say(answer: AuthenticatorAnswer): void {
  parentPort?.postMessage(answer);
}

function resolverOf(mail: number): DNSResolver {
  return (name, type) => {
    lastQuestion += 1;
    const question = lastQuestion;
    return new Promise((resolve, reject) => {
      questions.set(question, { resolve, reject });
      say({ mail, question, name, type });
    });
  };
}

parentPort?.on('message', (task: AuthenticatorTask) => {
  if ('raw' in task) {
    const raw = Buffer.from(task.raw.buffer, task.raw.byteOffset, task.raw.byteLength);
    void authenticateMail(raw, { ...task.options, resolve: resolverOf(task.mail) }).then((verdict) => {
      // Now, and not when this thread next cleans up: it may be a large one.
      (raw.buffer as ArrayBuffer).transfer(0);
      say({ mail: task.mail, verdict });
    });
    return;
  }
  const asked = questions.get(task.question);
  questions.delete(task.question);
  if ('records' in task) asked?.resolve(task.records as string[][]);
  else asked?.reject(Object.assign(new Error(task.code), { code: task.code }));
});

say({ isReady: true });

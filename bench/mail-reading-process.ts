import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { MailAuthenticator } from '../libs/channels/email/mail-authenticator.js';
import { MailReader } from '../libs/channels/email/read-mail.js';

/* Reads one mail as the server's threads do, with nothing else around, and tells what memory that took. It is told where the mail lies. */

const LOOK_EVERY_MS = 2;
const WARM_UP_MAILS = 20;

const small = Buffer.from('From: a@elsewhere.example\r\nSubject: x\r\n\r\nHello.\r\n');
const noSuchName = Object.assign(new Error('no such name'), { code: 'ENOTFOUND' });
const options = { authservIds: [], trustedSealers: [], resolve: () => Promise.reject(noSuchName) };

const [{ path }] = (await once(process, 'message')) as [{ path: string }];
const raw = await readFile(path);
const reader = new MailReader();
const authenticator = new MailAuthenticator();
for (let mail = 0; mail < WARM_UP_MAILS; mail += 1) {
  await Promise.all([reader.read(small), reader.read(small), authenticator.authenticate(small, options)]);
}
const rssBytesBefore = process.memoryUsage.rss();
let rssBytesMax = rssBytesBefore;
const timer = setInterval(() => {
  rssBytesMax = Math.max(rssBytesMax, process.memoryUsage.rss());
}, LOOK_EVERY_MS);
const mail = await reader.read(raw);
await authenticator.authenticate(raw, options);
clearInterval(timer);
process.send!({ rssBytesBefore, rssBytesMax, files: mail.attachments.length });
await Promise.all([reader.close(), authenticator.close()]);
process.disconnect();

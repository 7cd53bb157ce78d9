import { signInbound } from '#channels';
import { knock } from './knock.js';
import type { Mailbox } from './mailbox.js';
import type { World } from './world.js';

/** Bring a raw mail to a mailbox's webhook, signed. Throws unless it is taken. */
export async function postMail(world: World, mailbox: Pick<Mailbox, 'webhookUrl' | 'secret'>, body: Buffer): Promise<void> {
  const timestamp = String(Math.floor(world.clock.now().getTime() / 1000));
  const signature = signInbound(body, mailbox.secret, timestamp);
  const headers = { 'content-type': 'message/rfc822', 'x-omnidesk-timestamp': timestamp, 'x-omnidesk-signature': signature };
  const answer = await knock(mailbox.webhookUrl, { body, headers });
  if (answer.status !== 200) throw new Error(`the webhook answered ${String(answer.status)}`);
}

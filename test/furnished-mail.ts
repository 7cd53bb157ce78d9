import type { Conversation, ConversationRow, Message, Page } from '#contract';
import { until } from './killable-server.js';
import { postMail } from './post-mail.js';
import { rawMail } from './raw-mail.js';
import type { Tenant, World } from './world.js';

const SOON_MS = 15_000;
/** Nobody else's: what was looked up of a domain before it began to sign is remembered for a while. */
const DOMAIN = 'letters.example';
const LOTTE = `lotte@${DOMAIN}`;
const BORIS = `boris@${DOMAIN}`;

/** A picture of some size: what is smaller is taken for somebody's logo. */
const PICTURE = Buffer.concat([
  Buffer.from('iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==', 'base64'),
  Buffer.alloc(24_000),
]);

/** What a desk can hold of mail, by the ids of its conversations. */
export interface MailFurniture {
  /** Lotte's: read and answered, with machines, a stranger, a picture, a mail in a mail, an invitation. */
  round: string;
  /** Boris's: the address that mail does not reach. */
  bounced: string;
  /** Not from whom it says. */
  forged: string;
  /** By somebody who takes no part, and names the number of `round`. */
  related: string;
  mailbox: { connectionId: string; webhookUrl: string; secret: string };
}

/** Fill a mailbox of the tenant's with one of everything that mail can be. The world's worker reads it, or `drain`. */
export async function furnishMail(world: World, tenant: Tenant, address: string): Promise<MailFurniture> {
  const { simulator } = world;
  simulator.protectDomain(DOMAIN);
  const connected = await world.connectMailbox(tenant, address);
  const mailbox = { connectionId: connected.connection.id, webhookUrl: connected.webhookUrl, secret: connected.inboundSecret };
  const rows = async (view: string) =>
    (await tenant.owner.get<Page<ConversationRow>>(`/api/conversations?view=${view}&limit=100`)).body.items;
  const find = async (subject: string, view = 'all') => {
    let found: ConversationRow | undefined;
    await until(`a conversation about ${subject}`, SOON_MS, async () => {
      await settle(world);
      found = (await rows(view)).find((row) => row.subject === subject);
      return found !== undefined;
    });
    return found!;
  };
  const messagesOf = async (id: string) =>
    (await tenant.owner.get<Page<Message>>(`/api/conversations/${id}/messages?limit=100`)).body.items;
  const holds = (id: string, count: number) =>
    until(`${String(count)} messages`, SOON_MS, async () => {
      await settle(world);
      return (await messagesOf(id)).length >= count;
    });

  await simulator.sendMail({
    from: LOTTE,
    fromName: 'Lotte Vos',
    to: address,
    cc: [`tom@${DOMAIN}`, address],
    subject: 'Scratched frame',
    text: 'Good morning,\n\nthe frame of my new bike has a scratch, see the picture.',
    html: '<p>Good morning,</p><p>the frame of my new bike has a <b>scratch</b>, see the picture.</p>',
    inlinePictures: [{ name: 'scratch.png', mediaType: 'image/png', content: PICTURE }],
    files: [{ name: 'invoice 2026-114.pdf', mediaType: 'application/pdf', content: Buffer.from('%PDF-1.7 an invoice') }],
  });
  const round = await find('Scratched frame');
  const reply = await tenant.owner.post(`/api/conversations/${round.id}/replies`, {
    text: 'That should not have happened. Shall we repaint it?',
  });
  if (reply.status !== 202) throw new Error(`answering answered ${String(reply.status)}`);
  await settle(world);
  const answer = await simulator.waitForMail(({ text, owner }) => owner === LOTTE && text.includes('Shall we repaint it?'), SOON_MS);
  const answered = { answersMailId: answer.id };
  await simulator.sendMail({ ...answered, from: LOTTE, text: 'I am away until Monday.', headers: { 'Auto-Submitted': 'auto-replied' } });
  await simulator.sendMail({
    ...answered,
    from: `stefan@${DOMAIN}`,
    fromName: 'Stefan Elders',
    text: 'I am her neighbour; I can bring it in.',
  });
  await simulator.sendMail({ ...answered, from: LOTTE, kind: 'invitation', text: 'Does this suit you?', subject: 'Handing over the bike' });
  await simulator.sendMail({
    ...answered,
    from: LOTTE,
    text: 'This is what the shop had written.',
    files: [
      {
        name: 'offer.eml',
        mediaType: 'message/rfc822',
        content: rawMail({ from: '"The Shop" <shop@elders.example>', subject: 'Your offer', text: 'We can do it for 80 euros.' }),
      },
    ],
  });
  await holds(round.id, 6);

  await simulator.sendMail({ from: BORIS, fromName: 'Boris Lang', to: address, subject: 'Opening hours', text: 'Are you open on Sunday?' });
  const bounced = await find('Opening hours');
  simulator.setMailHabits(BORIS, { bounces: 'hard' });
  await tenant.owner.post(`/api/conversations/${bounced.id}/replies`, { text: 'From eleven to four.' });
  await until('the bounce is known', SOON_MS, async () => {
    await settle(world);
    return (await messagesOf(bounced.id)).some(({ delivery }) => delivery?.state === 'failed');
  });

  await simulator.sendMail({
    from: `bank@${DOMAIN}`,
    fromName: 'Your Bank',
    to: address,
    subject: 'Confirm your account',
    text: 'Your account is closed tomorrow unless you confirm it.',
    isForged: true,
  });
  const forged = await find('Confirm your account', 'quarantine');
  await simulator.sendMail({
    from: `nora@${DOMAIN}`,
    fromName: 'Nora Bos',
    to: address,
    subject: `About [#${String(round.number)}]`,
    text: 'Is this about the blue one?',
  });
  const related = await find(`About [#${String(round.number)}]`);
  await postMail(world, mailbox, notOurs(address));
  await until('what cannot be read is set aside', SOON_MS, async () => {
    await settle(world);
    return (await tenant.owner.get<Page<unknown>>('/api/quarantine')).body.items.length > 0;
  });
  return { round: round.id, bounced: bounced.id, forged: forged.id, related: related.id, mailbox };
}

/** Where no worker runs beside the test, what waits is done now. */
async function settle(world: World): Promise<void> {
  if (!world.config.roles.includes('worker')) await world.drain();
}

/** A report about a mail that we never sent. */
function notOurs(address: string): Buffer {
  return rawMail({
    from: 'Mail Delivery System <mailer-daemon@mx.elders.example>',
    to: address,
    subject: 'Undelivered Mail Returned to Sender',
    text: 'The mail to <nobody@elders.example> could not be delivered: user unknown.',
    headers: { 'Auto-Submitted': 'auto-replied', 'X-Failed-Recipients': 'nobody@elders.example' },
  });
}

/** One conversation as the API has it. */
export async function conversationOf({ owner }: Tenant, id: string): Promise<Conversation> {
  return (await owner.get<Conversation>(`/api/conversations/${id}`)).body;
}

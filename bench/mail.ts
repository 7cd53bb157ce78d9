import { authenticationRate } from './mail-limit.js';
import { DEMO_APP, type Simulator, startSimulator } from '../apps/simulator/index.js';
import type { Figure } from './figure.js';
import { MailHouse, type MailToPost } from './mail-house.js';
import { benchMailWeight } from './mail-weight.js';
import { MailCrowd } from './mixed-mails.js';
import { analyse } from './seed-conversations.js';
import { seedMail } from './seed-mail.js';

const CONVERSATIONS = 100_000;
const PEOPLE = 200;
/** So many have an answer of ours to answer: a token is another way into a thread than an id of their own. */
const ANSWERED = 40;
const WARM_UP_MAILS = 400;
const ROUNDS = 4;
const MAILS_PER_ROUND = 500;
const MAILS_PER_SECOND_MIN = 100;
const FULL_SHARE_MIN = 0.9;

interface Side {
  house: MailHouse;
  crowd: MailCrowd;
  seconds: number;
  cpuMs: number;
  mails: number;
}

/**
 * Mails of real shapes, each a signed POST, as fast as they are taken: from the first POST until the last is a message in its thread, read,
 * authenticated against the DNS and stored. Once with an empty database and once with a hundred thousand conversations in it, in turns, so
 * that whatever else the machine does hits both alike. Then what single mails can do to the server.
 */
export async function benchMail(): Promise<Figure[]> {
  const simulator = await startSimulator({ port: 0, app: DEMO_APP, webhookUrl: null, mailPolicy: 'reject' });
  try {
    return [...(await benchThroughput(simulator)), ...(await benchMailWeight(simulator))];
  } finally {
    await simulator.close();
  }
}

async function benchThroughput(simulator: Simulator): Promise<Figure[]> {
  const empty = await prepare(simulator, { conversations: 0 });
  try {
    const full = await prepare(simulator, { conversations: CONVERSATIONS });
    try {
      let limitPerSecond = 0;
      for (let round = 0; round < ROUNDS; round += 1) {
        for (const side of round % 2 === 0 ? [empty, full] : [full, empty]) {
          const mails = await measure(side);
          if (side === empty) limitPerSecond += (await authenticationRate(mails, simulator.dnsServer)) / ROUNDS;
        }
      }
      for (const side of [empty, full]) await demandThreads(side);
      return figuresOf(empty, full, limitPerSecond);
    } finally {
      await full.house.close();
    }
  } finally {
    await empty.house.close();
  }
}

async function prepare(simulator: Simulator, { conversations }: { conversations: number }): Promise<Side> {
  const house = await MailHouse.open(simulator);
  try {
    const crowd = new MailCrowd(simulator, 'mail.example');
    if (conversations > 0) await seedMail(house, conversations);
    await analyse(house.ground.urls.owner);
    await house.takeIn(await crowd.firstMails(PEOPLE));
    await answerSome(house, crowd);
    await house.takeIn(await crowd.mixed(WARM_UP_MAILS));
    return { house, crowd, seconds: 0, cpuMs: 0, mails: 0 };
  } catch (error) {
    await house.close();
    throw error;
  }
}

/** An agent answers some of them, and they go on from that. */
async function answerSome(house: MailHouse, crowd: MailCrowd): Promise<void> {
  const asked = await house.rows<{ id: string; address: string }>(
    `select conversation.id, known.external_id as address from conversation join contact_identity known using (contact_id)
     where known.external_id = any($1)`,
    [crowd.addresses.slice(0, ANSWERED)],
  );
  if (asked.length !== ANSWERED) throw new Error(`${String(asked.length)} conversations came of ${String(ANSWERED)} first mails`);
  for (const { id, address } of asked) {
    const { status, body } = await house.owner.post<{ id: string }>(`/api/conversations/${id}/replies`, { text: 'It is ready.' });
    if (status !== 202) throw new Error(`an answer was refused with ${String(status)}`);
    const [sent] = await house.rows<{ external_id: string }>('select external_id from message where id = $1', [body.id]);
    crowd.gotAnswer(address, `<${sent!.external_id}>`);
  }
  await house.until('the answers were sent', "select 1 from message where delivery_state in ('queued', 'sending') limit 1");
}

async function measure(side: Side): Promise<MailToPost[]> {
  const mails = await side.crowd.mixed(MAILS_PER_ROUND);
  const cpuBeforeMs = await side.house.server.cpuMs();
  side.seconds += await side.house.takeIn(mails);
  side.cpuMs += (await side.house.server.cpuMs()) - cpuBeforeMs;
  side.mails += mails.length;
  return mails;
}

/** A rate is worth nothing when mails were not believed, or not in their threads. */
async function demandThreads({ house, crowd, mails }: Side): Promise<void> {
  const [found] = await house.rows<{ taken: string; believed: string; threads: string; aside: string }>(
    `select count(*) as taken, count(*) filter (where auth_verdict = 'pass') as believed, count(distinct conversation_id) as threads,
       (select count(*) from delivery) as aside
     from message join contact_identity known on known.contact_id = author_contact_id
     where direction = 'in' and known.external_id = any($1)`,
    [crowd.addresses],
  );
  const answersMin = 0.79 * (mails + WARM_UP_MAILS);
  const { taken, believed, threads, aside } = found!;
  const all = PEOPLE + WARM_UP_MAILS + mails;
  const isWhole = Number(taken) === all && Number(believed) === all && Number(aside) === 0;
  if (!isWhole || Number(threads) > all - answersMin) throw new Error(`of ${String(all)} mails: ${JSON.stringify(found)}`);
}

function figuresOf(empty: Side, full: Side, limitPerSecond: number): Figure[] {
  const rate = ({ mails, seconds }: Side): number => mails / seconds;
  const notes = ({ mails, seconds, cpuMs }: Side): Record<string, number> => ({ mails, seconds, serverCpuMsPerMail: cpuMs / mails });
  return [
    {
      name: 'mails, POST to thread',
      value: rate(empty),
      unit: '/s',
      limit: { name: 'the same only read and authenticated', value: limitPerSecond },
      target: { atLeast: MAILS_PER_SECOND_MIN },
      notes: notes(empty),
    },
    {
      name: `mails, POST to thread, ${String(CONVERSATIONS / 1000)} k conversations`,
      value: rate(full),
      unit: '/s',
      limit: { name: 'the same with none', value: rate(empty) },
      target: { shareMin: FULL_SHARE_MIN },
      notes: notes(full),
    },
  ];
}

import type { Connection, Message, Page } from '#contract';
import { DEMO_APP, demoPageToken, FAULT_NAMES, faultNamed, WEATHERS } from '../apps/simulator/index.js';
import { type Tenant, World } from './world.js';

/*
 * Every fault that the outside world can have, one after the other, in one house that goes on. Whatever happens, at the end of each a
 * person's words stand in the thread once, and an answer was heard as often as its state says.
 */

const ARRIVED = ['sent', 'delivered', 'read'];
/** Meta lets go of a limit, and our own brake of a page, within this. */
const CALM_MINUTES = 75;

interface Outcome {
  name: string;
  /** What the person said, as the thread has it. */
  said: string[];
  /** What the answer's state says became of it, and how often it was heard. */
  state: string | undefined;
  copies: number;
}

describe('with every fault switched on in turn', () => {
  let world: World;
  let spaak: Tenant;
  let people = 0;

  beforeAll(async () => {
    world = await World.open();
    spaak = await world.tenant(0);
  });
  afterAll(() => world.close());

  const newcomer = () =>
    world.simulator.addCustomer(spaak.page.id, {
      psid: `5550000000000${String(1001 + 2 * people++)}`,
      firstName: 'Roos',
      lastName: 'Mulder',
      mailAddress: `roos${String(people)}@mail.example`,
      colour: [90, 20, 30],
      locale: 'nl_NL',
    }).psid;

  const conversationOf = async (psid: string) => {
    const rows = await world.rows<{ id: string }>(
      `select conversation.id from conversation join contact_identity known using (contact_id)
       where known.external_id = $1 and conversation.kind = 'messages'`,
      [psid],
    );
    expect(rows).toHaveLength(1);
    return rows[0]!.id;
  };
  const threadOf = async (conversationId: string) =>
    (await spaak.owner.get<Page<Message>>(`/api/conversations/${conversationId}/messages?limit=100`)).body.items;
  const stateOfPage = async () =>
    (await spaak.owner.get<{ items: Connection[] }>('/api/connections')).body.items.find(({ id }) => id === spaak.connectionId)!;

  /** The fault is over: the page is connected again where it has to be, and enough time passes for every brake to let go. */
  async function calm(): Promise<void> {
    world.simulator.clearFaults();
    world.simulator.revivePageToken(spaak.page.id);
    world.simulator.retryNow();
    await world.drain();
    if ((await stateOfPage()).state !== 'active') {
      const page = world.simulator.pages.find(({ id }) => id === spaak.page.id)!;
      const pageToken = demoPageToken(DEMO_APP.secret, page.id, page.tokenGeneration);
      expect((await spaak.owner.post('/api/connections/messenger', { pageId: page.id, pageToken })).status).toBe(201);
    }
    world.advance({ minutes: CALM_MINUTES });
    await world.drain();
  }

  /** A person writes, edits and reacts, an agent answers, and the fault strikes once or for as long as it lasts. */
  async function round(name: string, strike: () => void): Promise<Outcome> {
    const psid = newcomer();
    const { mid } = await world.simulator.customerSays(psid, { text: `first, before ${name}` });
    await world.drain();
    const conversationId = await conversationOf(psid);
    strike();
    await world.simulator.customerSays(psid, { text: `second, during ${name}` });
    await world.simulator.customerEdits(psid, mid, `first, edited during ${name}`);
    const answer = `answer to ${name}`;
    const { status, body } = await spaak.owner.post<Message>(`/api/conversations/${conversationId}/replies`, { text: answer });
    expect({ name, status }).toEqual({ name, status: 202 });
    await world.drain();
    await world.simulator.customerSays(psid, { text: `third, after ${name}` });
    await calm();
    const thread = await threadOf(conversationId);
    return {
      name,
      said: thread.filter(({ direction }) => direction === 'in').map(({ text }) => text),
      state: thread.find(({ id }) => id === body.id)?.delivery?.state,
      copies: world.simulator.messagesSeenBy(psid).filter(({ text }) => text === answer).length,
    };
  }

  const asSaid = (name: string) => [`first, edited during ${name}`, `second, during ${name}`, `third, after ${name}`];
  const isHonest = (state: string | undefined, copies: number) =>
    (ARRIVED.includes(state ?? '') && copies === 1) || (state === 'failed' && copies === 0) || (state === 'unknown' && copies <= 1);

  it('nothing that was said is lost or doubled, and no answer is heard twice or said to be heard when it was not', async () => {
    const outcomes: Outcome[] = [];
    for (const name of FAULT_NAMES) {
      outcomes.push(await round(name, () => world.simulator.setFaults({ graph: [faultNamed(name, { times: 1 })] })));
    }
    const wrong = outcomes.filter(({ name, said, state, copies }) => !isHonest(state, copies) || said.join() !== asSaid(name).join());
    expect(wrong).toEqual([]);
    // What can be mended by waiting, by connecting again or by trying once more has arrived. Where nobody can know, nobody tries by himself.
    const endOf = (names: RegExp) => outcomes.filter(({ name }) => names.test(name)).map(({ name, state }) => ({ name, state }));
    for (const { name, state } of endOf(/^(?:token_|session_|limit_|temporary|down$|automated_flow)/)) {
      expect({ name, arrived: ARRIVED.includes(state ?? '') }).toEqual({ name, arrived: true });
    }
    for (const { name, state } of endOf(/^(?:cut_before|web_page|half_json|empty_answer|silence_before)/)) {
      expect({ name, state }).toEqual({ name, state: 'unknown' });
    }
    // The echo told.
    for (const { name, state } of endOf(/^(?:cut_after|silence_after|sent_although)/)) {
      expect({ name, arrived: ARRIVED.includes(state ?? '') }).toEqual({ name, arrived: true });
    }
  }, 600_000);

  it('the same in every weather, while it lasts', async () => {
    const outcomes: Outcome[] = [];
    for (const name of WEATHERS) outcomes.push(await round(name, () => world.simulator.setWeather([name])));
    expect(outcomes.filter(({ name, said, state, copies }) => !isHonest(state, copies) || said.join() !== asSaid(name).join())).toEqual([]);
    expect(await world.rows('select 1 from delivery')).toEqual([]);
  }, 300_000);
});

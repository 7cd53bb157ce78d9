import fc from 'fast-check';
import { DEMO_APP, demoPageToken } from './demo-world.js';
import { SANNE, SPAAK } from './graph-caller.js';
import type { Simulator } from './simulator.js';
import { startSimulator } from './start-simulator.js';

const RUNS = 300;
const EDGES = (
  'messages message_attachments subscribed_apps personas take_thread_control pass_thread_control request_thread_control ' +
  'release_thread_control extend_thread_control comments likes conversations thread_owner subscriptions'
).split(' ');
const PARAMETERS = (
  'recipient message sender_action messaging_type tag persona_id payload is_hidden attachment_id name fields after limit duration ' +
  'target_app_id metadata subscribed_fields reply_to'
).split(' ');

let simulator: Simulator;
let problems: unknown[];
let commentId: string;

beforeAll(async () => {
  problems = [];
  simulator = await startSimulator({ port: 0, onProblem: (problem) => problems.push(problem) });
  await simulator.customerSays(SANNE, { text: 'Hoi' });
  commentId = (await simulator.customerComments(SANNE, { text: 'Mooi' })).id;
});
afterAll(() => simulator.close());

const known = (): string[] => [SPAAK, SANNE, 'me', commentId, `t_${SANNE}`, 'm_x', DEMO_APP.id];

it('whatever is asked of the Graph API is answered or refused in its own form, and never trips it', async () => {
  const value = fc.oneof(
    fc.jsonValue({ maxDepth: 3 }),
    fc.constantFrom({ id: SANNE }, { text: 'x' }, { comment_id: commentId }, { attachment: { type: 'image' } }, '9007199254740993', true),
  );
  const call = fc.record({
    method: fc.constantFrom('GET', 'POST', 'DELETE'),
    id: fc.constantFrom(...known()),
    edge: fc.constantFrom('', ...EDGES.map((edge) => `/${edge}`)),
    body: fc.dictionary(fc.constantFrom(...PARAMETERS), value, { maxKeys: 5 }),
  });
  await fc.assert(
    fc.asyncProperty(call, async ({ method, id, edge, body }) => {
      const url = new URL(`${simulator.graphUrl}/v26.0/${id}${edge}`);
      url.searchParams.set('access_token', demoPageToken(DEMO_APP.secret, SPAAK));
      const inAddress = method !== 'POST';
      if (inAddress) for (const [name, part] of Object.entries(body)) url.searchParams.set(name, JSON.stringify(part));
      const answer = await fetch(url, {
        method,
        ...(inAddress ? {} : { body: JSON.stringify(body), headers: { 'Content-Type': 'application/json' } }),
      });
      const said = (await answer.json()) as { error?: { code: number } };
      expect([answer.status < 500, answer.status === 200 || typeof said.error?.code === 'number']).toEqual([true, true]);
    }),
    { numRuns: RUNS },
  );
  expect(problems).toEqual([]);
});

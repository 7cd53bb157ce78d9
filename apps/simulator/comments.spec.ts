import { createHmac } from 'node:crypto';
import { DEMO_APP } from './demo-world.js';
import { errorOf, GraphCaller, LINDEN, MILA, SANNE, SPAAK } from './graph-caller.js';
import { ReceivingApp } from './receiving-app.js';
import type { Simulator } from './simulator.js';
import { startSimulator } from './start-simulator.js';

const DEADLINE_MS = 5000;
const POST = `${SPAAK}_500000000000011`;
const TOMAS = '24680135790246823';

let app: ReceivingApp;
let simulator: Simulator;
let graph: GraphCaller;

beforeEach(async () => {
  app = await ReceivingApp.start();
  simulator = await startSimulator({ port: 0, webhookUrl: app.url, seed: 7 });
  simulator.subscribePage(SPAAK, ['messages', 'message_echoes', 'feed']);
  graph = new GraphCaller(simulator);
});
afterEach(async () => {
  await simulator.close();
  await app.close();
});

const verbs = (): unknown[] => app.feed.map(({ verb, comment_id }) => [verb, comment_id]);

describe('what is told of a comment', () => {
  it('names post, parent and person, in seconds, under the same id as in messages', async () => {
    const comment = await simulator.customerComments(SANNE, { text: 'Mooi! 🚲' });
    expect(app.feed).toEqual([
      {
        from: { id: SANNE, name: 'Sanne de Wit' },
        post: expect.objectContaining({ id: POST, permalink_url: expect.stringContaining('/posts/') as string }) as object,
        message: 'Mooi! 🚲',
        post_id: POST,
        comment_id: comment.id,
        created_time: Math.floor(comment.atMs / 1000),
        item: 'comment',
        parent_id: POST,
        verb: 'add',
        entry_time: Math.floor(comment.atMs / 1000),
      },
    ]);
    expect(comment.id).toMatch(/^500000000000011_\d+$/);
    const [post] = app.posts;
    const mac = createHmac('sha256', DEMO_APP.secret)
      .update(post?.body ?? '')
      .digest('hex');
    expect(post?.headers['x-hub-signature-256']).toBe(`sha256=${mac}`);
    expect(post?.body.toString('latin1')).toContain('Mooi! \\ud83d\\udeb2');
  });

  it('of an answer names the comment it answers, of a photo its address and no words', async () => {
    const first = await simulator.customerComments(SANNE, { text: 'Hoe duur?' });
    await simulator.customerComments(TOMAS, { photo: true, parentId: first.id });
    const [, answer] = app.feed;
    expect(answer).toMatchObject({ parent_id: first.id, post_id: POST, photo: expect.stringContaining('photo.png?oh=') as string });
    expect(answer).not.toHaveProperty('message');
  });

  it('of an edit tells the new words, of a removal neither words nor name, and the answers go too', async () => {
    const first = await simulator.customerComments(SANNE, { text: 'Hoe duur?' });
    const answer = await simulator.customerComments(TOMAS, { text: '749', parentId: first.id });
    await simulator.customerEditsComment(first.id, 'Wat kost hij?');
    expect(app.feed.at(-1)).toMatchObject({ verb: 'edited', message: 'Wat kost hij?', comment_id: first.id });
    simulator.clock.advance({ minutes: 5 });
    await simulator.customerRemovesComment(first.id);
    const [gone, alsoGone] = app.feed.slice(-2);
    expect([gone, alsoGone]).toMatchObject([
      { verb: 'remove', comment_id: first.id, from: { id: SANNE } },
      { verb: 'remove', comment_id: answer.id },
    ]);
    expect(gone).not.toHaveProperty('message');
    expect(gone?.from).not.toHaveProperty('name');
    expect(gone?.created_time).toBeGreaterThan(first.atMs / 1000 + 299);
  });

  it('of hiding names the page as the one who did it, and tells it once', async () => {
    const { id } = await simulator.customerComments(SANNE, { text: 'Reclame' });
    await simulator.pageHidesComment(id);
    await simulator.pageHidesComment(id);
    await simulator.pageHidesComment(id, false);
    expect(verbs()).toEqual([
      ['add', id],
      ['hide', id],
      ['unhide', id],
    ]);
    expect(app.feed[1]?.from).toEqual({ id: SPAAK, name: 'Spaak Bikes' });
  });

  it('may keep from us who it was', async () => {
    await simulator.customerComments(SANNE, { text: 'Zonder naam', anonymous: true });
    expect(app.feed[0]).not.toHaveProperty('from');
  });

  it('comes with other things that happen on the same field', async () => {
    const post = await simulator.pagePosts(SPAAK, 'Nieuw!');
    await simulator.customerLikesPost(SANNE, post.id);
    await simulator.pageComments(SPAAK, { text: 'Eerste!', postId: post.id });
    expect(app.feed.map(({ item, verb }) => [item, verb])).toEqual([
      ['status', 'add'],
      ['reaction', 'add'],
      ['comment', 'add'],
    ]);
    expect(app.feed[2]?.from).toMatchObject({ id: SPAAK });
  });

  it('goes only to a page that is subscribed to feed', async () => {
    simulator.subscribePage(SPAAK, ['messages']);
    await simulator.customerComments(SANNE, { text: 'Hoort u mij?' });
    await simulator.settled(DEADLINE_MS);
    expect(app.posts).toEqual([]);
  });

  it('opens no reply window', async () => {
    await simulator.customerComments(SANNE, { text: 'Hoe duur?' });
    expect(errorOf(await graph.say('749'))).toEqual([400, 100, 2018001]);
  });
});

describe('what a page can do below its posts', () => {
  it('answers a comment in public, and hears of its own answer', async () => {
    const { id } = await simulator.customerComments(SANNE, { text: 'Hoe duur?' });
    const { status, body } = await graph.post(`/${id}/comments`, { message: '749 euro' });
    await simulator.settled(DEADLINE_MS);
    expect(status).toBe(200);
    expect(app.feed.at(-1)).toMatchObject({ comment_id: body.id, from: { id: SPAAK }, parent_id: id, message: '749 euro' });
    expect((await graph.get(`/${id}/comments`, { fields: 'message,from' })).body.data).toMatchObject([{ message: '749 euro' }]);
  });

  it('hides, shows, likes and removes', async () => {
    const { id } = await simulator.customerComments(SANNE, { text: 'Reclame' });
    expect((await graph.post(`/${id}`, { is_hidden: true })).body).toEqual({ success: true });
    expect((await graph.get(`/${id}`, { fields: 'is_hidden' })).body.is_hidden).toBe(true);
    await graph.post(`/${id}`, new URLSearchParams({ is_hidden: 'false' }));
    await graph.post(`/${id}/likes`, {});
    expect(simulator.comments[0]).toMatchObject({ isHidden: false, isLikedByPage: true });
    await graph.delete(`/${id}/likes`);
    expect(simulator.comments[0]?.isLikedByPage).toBe(false);
    await graph.delete(`/${id}`);
    expect(errorOf(await graph.get(`/${id}`))).toEqual([400, 100, 33]);
    await simulator.settled(DEADLINE_MS);
    expect(verbs().map((verb) => (verb as string[])[0])).toEqual(['add', 'hide', 'unhide', 'remove']);
  });

  it('is refused for another page’s comment, without the permission, and without anything to say', async () => {
    simulator.subscribePage(LINDEN, ['feed']);
    const other = await simulator.customerComments(MILA, { text: 'Lekker' });
    const { id } = await simulator.customerComments(SANNE, { text: 'Mooi' });
    expect(errorOf(await graph.post(`/${other.id}/comments`, { message: 'x' }))).toEqual([400, 100, 33]);
    expect(errorOf(await graph.post(`/${id}/comments`, {}))).toEqual([400, 100, undefined]);
    expect(errorOf(await graph.post(`/${id}`, { is_hidden: 'perhaps' }))).toEqual([400, 100, undefined]);
    simulator.setPage(SPAAK, { scopes: ['pages_messaging'] });
    expect(errorOf(await graph.post(`/${id}/comments`, { message: 'x' }))).toEqual([403, 200, undefined]);
  });
});

describe('a private answer to a comment', () => {
  const privately = (commentId: string): Promise<{ status: number; body: Record<string, unknown>; headers: Headers }> =>
    graph.post(`/${SPAAK}/messages`, { recipient: { comment_id: commentId }, message: { text: 'Even privé' } });

  it('reaches the person once, names the PSID, and comes back as an echo', async () => {
    const { id } = await simulator.customerComments(SANNE, { text: 'Hoe duur?' });
    const { body } = await privately(id);
    expect(body).toEqual({ recipient_id: SANNE, message_id: simulator.messagesSeenBy(SANNE)[0]?.mid });
    await simulator.settled(DEADLINE_MS);
    expect(app.having('message')[0]).toMatchObject({ recipient: { id: SANNE }, message: { is_echo: true, text: 'Even privé' } });
    expect(errorOf(await privately(id))).toEqual([400, 10900, undefined]);
  });

  it('opens no window by itself: only the person’s answer does', async () => {
    const { id } = await simulator.customerComments(SANNE, { text: 'Hoe duur?' });
    await privately(id);
    expect(errorOf(await graph.say('Nog iets'))).toEqual([403, 10, 2018278]);
    await simulator.customerSays(SANNE, { text: 'Ja?' });
    expect((await graph.say('Nog iets')).status).toBe(200);
  });

  it('is possible for seven days, also long after the person last wrote', async () => {
    const first = await simulator.customerComments(SANNE, { text: 'Een' });
    const second = await simulator.customerComments(SANNE, { text: 'Twee' });
    simulator.clock.advance({ days: 6, hours: 23 });
    expect((await privately(first.id)).status).toBe(200);
    simulator.clock.advance({ hours: 1 });
    expect(errorOf(await privately(second.id))).toEqual([400, 100, 2534025]);
  });

  it('is refused for the page’s own comment, a removed one and another page’s', async () => {
    const own = await simulator.pageComments(SPAAK, { text: 'Zelf' });
    expect(errorOf(await privately(own.id))).toEqual([400, 100, 2534025]);
    const gone = await simulator.customerComments(SANNE, { text: 'Weg' });
    await simulator.customerRemovesComment(gone.id);
    expect(errorOf(await privately(gone.id))).toEqual([400, 100, 33]);
    const other = await simulator.customerComments(MILA, { text: 'Elders' });
    expect(errorOf(await privately(other.id))).toEqual([400, 100, 33]);
  });
});

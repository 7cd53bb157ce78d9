import { ImapSlots } from './imap-slots.js';

describe('the connections with mail servers', () => {
  const never = new AbortController().signal;
  const isPending = async (promise: Promise<unknown>): Promise<boolean> =>
    (await Promise.race([promise.then(() => 'done'), Promise.resolve().then(() => Promise.resolve('pending'))])) === 'pending';

  it('are given at once while there is room, with each host and in all', async () => {
    const slots = new ImapSlots(2, 3);
    await slots.take('one.example', never);
    await slots.take('one.example', never);
    await slots.take('two.example', never);
    expect(await isPending(slots.take('three.example', never))).toBe(true);
  });

  it('are asked for back from who has held one longest, one for each that waits', async () => {
    const slots = new ImapSlots(2, 10);
    const first = await slots.take('one.example', never);
    const second = await slots.take('one.example', never);
    const elsewhere = await slots.take('two.example', never);
    const third = slots.take('one.example', never);
    expect([first, second, elsewhere].map(({ wanted }) => wanted.aborted)).toEqual([true, false, false]);
    first.give();
    const fourth = slots.take('one.example', never);
    expect([second, await third, elsewhere].map(({ wanted }) => wanted.aborted)).toEqual([true, false, false]);
    second.give();
    expect((await fourth).wanted.aborted).toBe(false);
  });

  it('go to who came first, past those whose host has no room', async () => {
    const slots = new ImapSlots(1, 2);
    const one = await slots.take('one.example', never);
    const two = await slots.take('two.example', never);
    const sameHost = slots.take('one.example', never);
    const later = slots.take('three.example', never);
    two.give();
    await later;
    expect(await isPending(sameHost)).toBe(true);
    one.give();
    await sameHost;
  });

  it('are no longer waited for by who was told to stop, and giving one back twice makes no second one', async () => {
    const slots = new ImapSlots(1, 1);
    const held = await slots.take('one.example', never);
    const stop = new AbortController();
    const waiting = slots.take('one.example', stop.signal);
    stop.abort(new Error('stopped'));
    await expect(waiting).rejects.toThrow('stopped');
    held.give();
    held.give();
    const next = await slots.take('one.example', never);
    expect(await isPending(slots.take('one.example', never))).toBe(true);
    next.give();
  });
});

import { BodyRoom } from './body-room.js';

/** However many large bodies come together, only so much of them is in memory. */
describe('the room for large bodies', () => {
  const entering = (room: BodyRoom, bytes: number) => {
    const state: { isIn: boolean; leave: () => void } = { isIn: false, leave: () => undefined };
    const entered = room.enter(bytes).then((leave) => Object.assign(state, { isIn: true, leave }));
    return { state, entered };
  };
  const turn = () => new Promise((resolve) => setImmediate(resolve));

  it('lets in what fits, and the others in the order they came', async () => {
    const room = new BodyRoom(100);
    const all = [60, 40, 90, 5].map((bytes) => entering(room, bytes).state);
    const areIn = async () => {
      await turn();
      return all.map(({ isIn }) => isIn);
    };
    expect(await areIn()).toEqual([true, true, false, false]);
    all[1]!.leave();
    // A small one that overtook the large one again and again would keep it waiting for ever.
    expect(await areIn()).toEqual([true, true, false, false]);
    all[0]!.leave();
    expect(await areIn()).toEqual([true, true, true, true]);
  });

  it('is given back once, however often it is said', async () => {
    const room = new BodyRoom(100);
    const leave = await room.enter(60);
    leave();
    leave();
    const leaveAgain = await room.enter(60);
    const second = entering(room, 60);
    await turn();
    expect(second.state.isIn).toBe(false);
    leaveAgain();
    await second.entered;
  });

  it('has what is larger than all of it come alone', async () => {
    const room = new BodyRoom(100);
    const leave = await room.enter(500);
    const next = entering(room, 1);
    await turn();
    expect(next.state.isIn).toBe(false);
    leave();
    await next.entered;
  });

  it('tells who waited too long to come back, and lets those behind him in', async () => {
    const room = new BodyRoom(100, 20);
    await room.enter(60);
    const [large, small] = [entering(room, 90), entering(room, 40)];
    await expect(large.entered).rejects.toMatchObject({ kind: 'unavailable', code: 'intake_full' });
    await small.entered;
  });
});

import { SeededRandom } from './seeded-random.js';
import { SimClock } from './sim-clock.js';

describe('the simulator’s clock', () => {
  it('runs in one jump all that would have happened within it, in order, and nothing after', () => {
    const clock = new SimClock();
    const ran: string[] = [];
    const startMs = clock.nowMs();
    clock.at(startMs + 3_600_001, () => ran.push('after the hour'));
    clock.at(startMs + 60_000, () => ran.push('minute'));
    clock.at(startMs + 1000, () => ran.push('second'));
    clock.at(startMs + 1000, () => ran.push('second, asked later'));
    const callOff = clock.at(startMs + 2000, () => ran.push('called off'));
    callOff();
    clock.advance({ minutes: 59 });
    clock.close();
    expect(ran).toEqual(['second', 'second, asked later', 'minute']);
  });

  it('also runs by itself', async () => {
    const clock = new SimClock();
    await clock.pass(5);
    clock.close();
  });

  it('can be set to an instant, also in the past', () => {
    const clock = new SimClock();
    clock.set(new Date('2026-04-26T12:00:00Z'));
    expect(clock.now().toISOString().slice(0, 16)).toBe('2026-04-26T12:00');
    clock.close();
  });
});

describe('seeded chance', () => {
  it('repeats itself with its seed, stays in its bounds, and loses nothing when it shuffles', () => {
    const draw = (seed: number): number[] => {
      const random = new SeededRandom(seed);
      return Array.from({ length: 200 }, () => random.between(-50, 2000));
    };
    expect(draw(5)).toEqual(draw(5));
    expect(draw(5)).not.toEqual(draw(6));
    expect(draw(5).every((value) => value >= -50 && value <= 2000)).toBe(true);
    expect(new SeededRandom(1).shuffled([1, 2, 3, 4]).sort()).toEqual([1, 2, 3, 4]);
  });
});

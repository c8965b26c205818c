import { afterEach, expect, test } from '@jest/globals';
import { ManualClock } from '@porchlight/stream';
import { MarkLoop } from './mark-loop.ts';

const failing = (fate: string): Error => Object.assign(new Error('told to'), { code: 'AWAY', fate });

let loop: MarkLoop;
afterEach(() => void loop.stop());

function startLoop(round: (clock: ManualClock) => Promise<void>) {
  const clock = new ManualClock();
  const said: unknown[] = [];
  loop = new MarkLoop({
    clock,
    everyMs: 1_000,
    round: () => round(clock),
    onWaiting: (code) => void said.push(code),
    onRecovered: () => void said.push('recovered'),
    onFatal: (error) => void said.push(error),
  });
  return { clock, said };
}

test('a round begins every second, however long the one before took', async () => {
  const begun: number[] = [];
  const { clock } = startLoop(async (own) => {
    begun.push(own.now());
    await new Promise<void>((resolve) => void own.after(400, resolve));
  });
  const startedAt = clock.now();
  await clock.advance(3_900);
  expect(begun.map((at) => at - startedAt)).toEqual([1_000, 2_000, 3_000]);
});

test('a clock that is set back in the middle of a round puts none off', async () => {
  const clock = new ManualClock();
  let aheadMs = 300_000;
  let rounds = 0;
  loop = new MarkLoop({
    clock: { now: () => clock.now() + aheadMs, after: (waitMs, run) => clock.after(waitMs, run) },
    everyMs: 1_000,
    round: async () => {
      rounds += 1;
      aheadMs = 0;
    },
    onWaiting: () => undefined,
    onRecovered: () => undefined,
    onFatal: () => undefined,
  });
  await clock.advance(3_500);
  expect(rounds).toBe(3);
});

test('rounds never overlap: one that takes longer than its second is followed by the next', async () => {
  let running = 0;
  let most = 0;
  let rounds = 0;
  const { clock } = startLoop(async (own) => {
    running += 1;
    most = Math.max(most, running);
    await new Promise<void>((resolve) => void own.after(2_500, resolve));
    running -= 1;
    rounds += 1;
  });
  await clock.advance(9_000);
  expect([most, rounds]).toEqual([1, 3]);
});

test('rounds that fail are told once, and once when they do again', async () => {
  let fails = true;
  const { clock, said } = startLoop(async () => {
    if (fails) throw failing('retry');
  });
  await clock.advance(3_500);
  fails = false;
  await clock.advance(2_000);
  expect(said).toEqual(['AWAY', 'recovered']);
});

test('an error that no wait mends ends the rounds', async () => {
  const error = failing('crash');
  let rounds = 0;
  const { clock, said } = startLoop(async () => {
    rounds += 1;
    throw error;
  });
  await clock.advance(5_000);
  expect([rounds, said]).toEqual([1, [error]]);
});

test('a stop waits for the round that runs, and begins no other', async () => {
  let ended = false;
  let rounds = 0;
  const { clock } = startLoop(async (own) => {
    rounds += 1;
    await new Promise<void>((resolve) => void own.after(500, resolve));
    ended = true;
  });
  await clock.advance(1_100);
  const stopped = loop.stop().then(() => ended);
  await clock.advance(5_000);
  expect([await stopped, rounds]).toEqual([true, 1]);
});

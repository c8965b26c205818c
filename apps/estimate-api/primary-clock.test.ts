import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { createPrimaryClock } from './primary-clock.ts';

const STALE_MS = 120_000;
const EPOCH = 1_700_000_000_000;

/** A primary with a clock of its own, reached over a wire of which each half takes as long as the test says. */
function bench({ skewMs = 0, driftShare = 0 } = {}) {
  const wire = { thereMs: 0, backMs: 0, skewMs };
  let elapsedMs = 5_000;
  const primaryNow = () => EPOCH + wire.skewMs + elapsedMs * (1 + driftShare);
  const clock = createPrimaryClock(
    {
      async mlsRules() {
        elapsedMs += wire.thereMs;
        const readAt = Math.floor(primaryNow());
        elapsedMs += wire.backMs;
        return { rules: [], readAt, seenAt: readAt + 1 };
      },
    },
    { elapsedMs: () => elapsedMs, staleMs: STALE_MS },
  );
  return {
    clock,
    wire,
    primaryNow,
    pass: (ms: number) => (elapsedMs += ms),
    read: async (thereMs: number, backMs: number) => {
      Object.assign(wire, { thereMs, backMs });
      await clock.rules.mlsRules();
    },
    aheadMs: () => Math.round(clock.now() - primaryNow()),
  };
}

test('is not known before the first reading', () => {
  expect(bench().clock.now()).toBe(Infinity);
});

test('is ahead of the primary by the way there, whichever side is ahead and however slow the way back', async () => {
  for (const skewMs of [-5_000, 0, 5_000]) {
    const { read, aheadMs } = bench({ skewMs });
    await read(30, 50);
    expect(aheadMs()).toBe(0 + 30);
  }
});

test('a reading over a slow wire takes nothing from what a quick one said', async () => {
  const { read, pass, aheadMs } = bench();
  await read(1, 1);
  pass(500);
  await read(2_000, 10);
  expect([aheadMs() >= 1, aheadMs() <= 5]).toEqual([true, true]);
});

test('a primary whose clock was set is believed at once, forward and back', async () => {
  for (const stepMs of [-300_000, 300_000]) {
    const { read, wire, pass, aheadMs } = bench();
    await read(1, 1);
    pass(500);
    wire.skewMs += stepMs;
    await read(2, 2);
    expect([aheadMs() >= 0, aheadMs() <= 4]).toEqual([true, true]);
  }
});

test('is not trusted when the last reading is older than the limit, and trusted again after the next', async () => {
  const { read, pass, clock, aheadMs } = bench();
  await read(1, 1);
  pass(STALE_MS);
  expect(clock.now()).not.toBe(Infinity);
  pass(1);
  expect(clock.now()).toBe(Infinity);
  await read(1, 1);
  expect(aheadMs()).toBe(1);
});

test('whatever the wire does: never behind, and ahead by no more than the last round trip and the drift', async () => {
  const wire = fc.record({
    passMs: fc.nat(5_000),
    thereMs: fc.nat(2_500),
    backMs: fc.nat(2_500),
  });
  await fc.assert(
    fc.asyncProperty(
      fc.array(wire, { minLength: 1, maxLength: 20 }),
      fc.integer({ min: -100_000, max: 100_000 }),
      fc.constantFrom(-0.0002, 0, 0.0002),
      async (ways, skewMs, driftShare) => {
        const { read, pass, clock, primaryNow } = bench({ skewMs, driftShare });
        for (const { passMs, thereMs, backMs } of ways) {
          pass(passMs);
          await read(thereMs, backMs);
          const aheadMs = clock.now() - primaryNow();
          expect(aheadMs).toBeGreaterThan(-1 - backMs * 0.0002); // an answer tells whole milliseconds, rounded down
          expect(aheadMs).toBeLessThanOrEqual(thereMs + backMs + 1);
        }
      },
    ),
  );
});

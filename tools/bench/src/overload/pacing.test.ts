import { expect, test } from '@jest/globals';
import { createPacing, LATE_MAX_MS } from './pacing.ts';

const STARTED_AT = 1_000;

/** One call a millisecond for `forMs`. */
function bench({ forMs = 1_000, room = Number.POSITIVE_INFINITY } = {}) {
  const pacing = createPacing({ ratePerS: 1_000, forMs, startedAt: STARTED_AT });
  const offered: number[] = [];
  const look = (atMs: number): void =>
    pacing.offerDue(STARTED_AT + atMs, (meantAt) => {
      if (offered.length >= room) return false;
      offered.push(meantAt - STARTED_AT);
      return true;
    });
  return { pacing, offered, look };
}

test('each call is offered once, at the first look after its instant', () => {
  const { offered, look } = bench();
  look(0);
  expect(offered).toEqual([0]);
  look(0.5);
  expect(offered).toEqual([0]);
  look(3.2);
  expect(offered).toEqual([0, 1, 2, 3]);
});

test('a load that keeps up lets nothing go', () => {
  const { pacing, offered, look } = bench();
  for (let atMs = 0; atMs <= 1_000; atMs += LATE_MAX_MS) look(atMs);
  expect([offered.length, pacing.isOver(), pacing.kept()]).toEqual([
    1_000,
    true,
    { unoffered: 0, lagMaxMs: LATE_MAX_MS - 1 },
  ]);
});

test('what is too late is let go and counted; what is not is offered', () => {
  const { pacing, offered, look } = bench();
  look(400);
  expect([offered[0], offered.at(-1), offered.length]).toEqual([400 - LATE_MAX_MS, 400, LATE_MAX_MS + 1]);
  expect(pacing.kept()).toEqual({ unoffered: 400 - LATE_MAX_MS, lagMaxMs: 400 });
});

test('a load that can do a tenth of what is asked does it, and comes to its end in time', () => {
  const { pacing, offered, look } = bench({ forMs: 10_000 });
  let nowMs = 0;
  while (!pacing.isOver()) {
    const before = offered.length;
    look(nowMs);
    nowMs += Math.max(1, (offered.length - before) * 10); // each costs it ten gaps
  }
  expect(offered.length + pacing.kept().unoffered).toBe(10_000);
  expect(offered.length).toBeGreaterThan(500);
  expect(nowMs).toBeLessThan(10_000 + 2 * 10 * (LATE_MAX_MS + 1));
});

test('a look after the end offers nothing that was too late', () => {
  const { pacing, offered, look } = bench();
  look(60_000);
  expect([offered, pacing.isOver(), pacing.kept().unoffered]).toEqual([[], true, 1_000]);
});

test('what there is no room for is let go and counted', () => {
  const { pacing, offered, look } = bench({ room: 3 });
  look(9);
  expect([offered, pacing.kept().unoffered]).toEqual([[0, 1, 2], 7]);
});

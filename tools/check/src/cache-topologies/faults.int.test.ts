import { expect, test } from '@jest/globals';
import { primaryKilled, shardKilled, slotHalfMoved, slotsMoved } from './scenarios.ts';
import { topologiesOfFile } from './testing/topologies-of-file.ts';

/** `npm run check -- cache-topologies` holds for longer. */
const HOLD_MS = 1_500;
const SLOTS_MAX = 5;

const topologies = topologiesOfFile();

test('slots that move under load contradict no acknowledged change', async () => {
  const { report, figures } = await slotsMoved(topologies(), { slotsMax: SLOTS_MAX });
  expect(report.violations).toEqual([]);
  expect(figures.slots).toBeGreaterThan(SLOTS_MAX / 2);
  expect([report.served, report.filled, report.invalidated].every((count) => count > 0)).toBe(true);
});

test('in a half-moved slot a removed value is gone at once, and its INVALIDATE counts only when the slot is whole', async () => {
  const seen = await slotHalfMoved(topologies(), { holdMs: HOLD_MS });
  expect(seen.report.violations).toEqual([]);
  expect([seen.readBefore, seen.readAfter, seen.newerKept]).toEqual([true, false, true]);
  expect(seen.invalidated).toEqual([null, null, 'removed']);
  expect(seen.afterwards).toEqual(['absent', 'already', 'absent']);
});

test('a primary that is killed costs its own homes until its replica has taken over, and nobody another error', async () => {
  const { report, figures } = await primaryKilled(topologies(), 'cluster');
  expect(report.violations).toEqual([]);
  expect(figures.keptUnanswered).toBe(0);
  expect(figures.connectionsLost).toBeGreaterThan(0);
}, 60_000);

test('a shard that is killed behind Envoy costs its own homes, and no Error object reaches anybody', async () => {
  const { report, figures } = await shardKilled(topologies(), { holdMs: HOLD_MS });
  expect(report.violations).toEqual([]);
  expect([figures.lost, figures.kept, figures.connectionsLost].every((count) => (count ?? 0) > 0)).toBe(true);
});

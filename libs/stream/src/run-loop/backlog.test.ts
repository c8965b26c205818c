import { expect, test } from '@jest/globals';
import type { Topic } from '../port.ts';
import { createGate, failing, processing, reading } from '../testing/test-bed.ts';
import { createTestRun } from '../testing/test-run.ts';

interface Step {
  n: number;
}
const input: Topic<Step> = { name: 'in' };
const latestWins = { backlog: 'newest-of-key', order: { concurrentRecordsMax: 2, keyOrder: 'kept' } } as const;

test('of the records of one key that wait, only the newest is processed; the others are counted as superseded', async () => {
  const gate = createGate();
  const seen: number[] = [];
  const definition = reading(
    input,
    () => processing(({ value }) => (seen.push(value.n), value.n === 0 ? gate.passed : undefined)),
    latestWins,
  );
  const run = createTestRun({ definitions: [definition] });
  await run.startMember();
  run.append({ topic: input, key: 'ann', value: { n: 0 } });
  await run.settle();
  for (const [n, key] of ['ann', 'bob', 'ann', 'ann', 'bob', null, null].entries())
    run.append({ topic: input, key, value: { n: n + 1 } });
  await run.settle();
  gate.open();
  await run.advance(5_000);
  // bob's first was begun before his second came; those without a key give way to nobody
  expect(seen.toSorted((a, b) => a - b)).toEqual([0, 4, 5, 6, 7]);
  expect(run.dropped()).toEqual(['superseded', 'superseded', 'superseded']);
  expect(run.committed(input)).toBe(8n);
  await run.stop();
});

test('a record that waits for its dependency gives way to a newer one of its key before its next try', async () => {
  const gate = createGate();
  const tried: number[] = [];
  const definition = reading(
    input,
    () =>
      processing(async ({ value }) => {
        tried.push(value.n);
        if (value.n > 0) return;
        await gate.passed;
        throw failing('retry', 'REDIS_DOWN');
      }),
    latestWins,
  );
  const run = createTestRun({ definitions: [definition] });
  await run.startMember();
  run.append({ topic: input, key: 'ann', value: { n: 0 } });
  await run.settle();
  run.append({ topic: input, key: 'ann', value: { n: 1 } });
  await run.settle();
  gate.open();
  await run.advance(5_000);
  expect([tried, run.retried(), run.dropped()]).toEqual([[0, 1], ['REDIS_DOWN'], ['superseded']]);
  run.append({ topic: input, key: 'ann', value: { n: 2 } });
  await run.advance(5_000);
  expect([tried, run.committed(input)]).toEqual([[0, 1, 2], 3n]);
  await run.stop();
});

test('by default every record is processed', async () => {
  const seen: number[] = [];
  const run = createTestRun({
    definitions: [reading(input, () => processing(({ value }) => void seen.push(value.n)))],
  });
  for (const n of [0, 1, 2]) run.append({ topic: input, key: 'ann', value: { n } });
  await run.startMember();
  await run.settle();
  expect([seen, run.dropped()]).toEqual([[0, 1, 2], []]);
  await run.stop();
});

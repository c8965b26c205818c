import { expect, test } from '@jest/globals';
import type { Topic } from '../port.ts';
import { bareRunLoop, rawRecordAt } from '../testing/bare-run-loop.ts';
import { ManualClock, turn } from '../testing/manual-clock.ts';
import { processing, reading } from '../testing/test-bed.ts';

const input: Topic<number> = { name: 'in' };
const at = { topic: 'in', partition: 0 };
const never = new Promise<void>(() => undefined);
const YEAR_2100 = Date.UTC(2100, 0, 1);

function createScene(process: () => Promise<void> | void) {
  const clock = new ManualClock();
  const runLoop = bareRunLoop([reading(input, () => processing(process))], { clock });
  runLoop.assign([at]);
  const deliver = (timestamp: number): void => {
    runLoop.deliver(runLoop.epoch, at, [rawRecordAt(at, 0, { timestamp })], 1n);
  };
  return { clock, runLoop, deliver };
}

test('the lag is fresh also when nothing is fetched: the client tells the end of the partition', async () => {
  const { runLoop, deliver, clock } = createScene(() => undefined);
  deliver(clock.now());
  await turn();
  expect(runLoop.partitions()).toMatchObject([{ lag: 0 }]);
  runLoop.noteEnd(at, 41n);
  expect(runLoop.partitions()).toMatchObject([{ nextOffset: 1n, lag: 40 }]);
  runLoop.noteEnd({ topic: 'in', partition: 7 }, 41n); // not ours
  expect(runLoop.partitions()).toHaveLength(1);
});

test.each([
  ['dated far in the future', YEAR_2100],
  ['without a date', -1],
])('a record %s grows old from its arrival on, so that one that is stuck is seen', async (_what, timestamp) => {
  const { runLoop, deliver, clock } = createScene(() => never);
  deliver(timestamp);
  await turn();
  expect(runLoop.partitions()).toMatchObject([{ lagAgeMs: 0 }]);
  await clock.advance(90_000);
  expect(runLoop.partitions()).toMatchObject([{ lagAgeMs: 90_000 }]);
});

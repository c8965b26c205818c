/**
 * A partition whose handler takes three seconds, and its neighbour on the same broker. The tests assert the order of events; how long the neighbour's
 * records took from produce to process is printed, and is in the README.
 */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { eventually } from '@porchlight/clock/testing';
import type { TaskDefinition, Topic } from '../port.ts';
import { openRealKafka, type RealKafka } from '../testing/real-kafka.ts';
import { reading } from '../testing/test-bed.ts';

interface Step {
  n: number;
  sentAt: number;
}

const SLOW_MS = 3_000;
const NEIGHBOUR_RECORDS = 40;

let kafka: RealKafka;
beforeAll(async () => {
  kafka = await openRealKafka();
});
afterAll(() => kafka.close());

interface Seen {
  readonly events: string[];
  readonly delaysMs: number[];
}

/** Runs a slow record on partition 0 and, while it runs, records one by one on partition 1. */
async function runBesideSlow(
  name: string,
  more: Partial<TaskDefinition<Step>>,
): Promise<Seen & { topic: Topic<Step> }> {
  const topic = await kafka.createTopic<Step>(name, 2);
  const groupId = await kafka.createGroup(name);
  const events: string[] = [];
  const delaysMs: number[] = [];
  const definition = reading(
    topic,
    () => ({
      async process({ partition, value }) {
        if (partition === 1) {
          delaysMs.push(Date.now() - value.sentAt);
          return void events.push(`neighbour ${value.n}`);
        }
        events.push('slow begins');
        await new Promise((resolve) => setTimeout(resolve, SLOW_MS));
        events.push('slow ends');
      },
    }),
    more,
  );
  const app = kafka.app([definition], { groupId });
  await app.start();
  await kafka.append(topic, [{ partition: 0, value: { n: 0, sentAt: 0 } }]);
  await eventually(
    () => events.length,
    (count) => count > 0,
    'the slow record to begin',
  );
  for (let n = 0; n < NEIGHBOUR_RECORDS; n += 1) {
    await kafka.append(topic, [{ partition: 1, value: { n, sentAt: Date.now() } }]);
    await eventually(
      () => delaysMs.length,
      (count) => count > n,
      `record ${n} of the neighbour`,
    );
    if (events.includes('slow ends')) break;
  }
  await eventually(
    () => events,
    (all) => all.includes('slow ends'),
    'the slow record to end',
  );
  await app.stop();
  return { topic, events, delaysMs };
}

function print(what: string, delaysMs: readonly number[]): void {
  const sorted = delaysMs.toSorted((a, b) => a - b);
  const most = sorted.at(-1);
  const middle = sorted[Math.floor(sorted.length / 2)];
  process.stdout.write(`${what}: ${delaysMs.length} records beside a 3 s handler, p50 ${middle} ms, most ${most} ms\n`);
}

test('buffered: every record of the neighbour is done before the slow one ends', async () => {
  const { events, delaysMs } = await runBesideSlow('buffered', {
    order: { concurrentRecordsMax: 2, keyOrder: 'kept' },
  });
  print('buffered', delaysMs);
  const expected = Array.from({ length: NEIGHBOUR_RECORDS }, (_, n) => `neighbour ${n}`);
  expect(events).toEqual(['slow begins', ...expected, 'slow ends']);
}, 60_000);

test('inline: the batch of the slow record is left after its time, and the neighbour goes on beside it', async () => {
  const { events, delaysMs } = await runBesideSlow('inline', { order: 'partition' });
  print('inline', delaysMs);
  const beforeEnd = events.slice(1, events.indexOf('slow ends'));
  expect(beforeEnd.length).toBeGreaterThanOrEqual(5);
  expect(beforeEnd).toEqual(beforeEnd.map((_, n) => `neighbour ${n}`));
}, 60_000);

test('what the neighbour has done is committed while the slow record runs, and the rest at the drain', async () => {
  const topic = await kafka.createTopic<Step>('committed', 2);
  let release = (): void => undefined;
  const held = new Promise<void>((resolve) => (release = resolve));
  const definition = reading(topic, () => ({ process: ({ key }) => (key === 'held' ? held : undefined) }), {
    order: { concurrentRecordsMax: 2, keyOrder: 'kept' },
  });
  const app = kafka.app([definition]);
  await app.start();
  const value = { n: 0, sentAt: 0 };
  await kafka.append(topic, [
    { partition: 0, key: 'held', value },
    { partition: 0, key: 'free', value },
    { partition: 1, value },
  ]);
  await eventually(
    () => kafka.committed(topic),
    ([, neighbour]) => neighbour === 1n,
    'the commit of the neighbour',
    5_000,
  );
  expect(app.state().partitions.find(({ partition }) => partition === 0)).toMatchObject({
    nextOffset: 0n,
    inFlight: 1,
  });
  const stopped = app.stop();
  release();
  await stopped;
  expect(await kafka.committed(topic)).toEqual([2n, 1n]);
}, 60_000);

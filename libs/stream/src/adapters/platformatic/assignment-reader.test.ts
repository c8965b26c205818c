import { beforeEach, expect, test } from '@jest/globals';
import { NetworkError, ResponseError } from '@platformatic/kafka';
import { silentLogger } from '../../log.ts';
import type { TopicPartition } from '../../port.ts';
import { ManualClock } from '../../testing/manual-clock.ts';
import { localSettings } from '../kafkajs/kafkajs-settings.ts';
import { AssignmentReader, type ReaderPorts } from './assignment-reader.ts';
import type { ClusterMetadata, FetchAnswer } from './kafka-link.ts';
import { nameOf } from '../../partition-name.ts';

const settings = localSettings.kafka;
const partitions: TopicPartition[] = [0, 1].map((partition) => ({ topic: 'in', partition }));

/** One broker that answers when the test says so. */
interface Poll {
  readonly node: number;
  readonly asked: Record<number, bigint>;
  answer(partitions: Record<number, readonly bigint[]>): void;
  fail(error: Error): void;
}

let clock: ManualClock;
let polls: Poll[];
let delivered: string[];
let ends: string[];
let fatal: unknown[];
let leaders: number[];
let paused: Set<string>;
let take: (at: TopicPartition, offsets: readonly bigint[]) => bigint | null;
beforeEach(() => {
  clock = new ManualClock();
  [polls, delivered, ends, fatal] = [[], [], [], []];
  leaders = [1, 1];
  paused = new Set();
  take = (_at, offsets) => offsets.at(-1) ?? null;
});

const metadata = (): ClusterMetadata =>
  ({ topics: new Map([['in', { id: 'ID', partitions: leaders.map((leader) => ({ leader })) }]]) }) as never;
const batchOf = (offsets: readonly bigint[]) =>
  offsets.map((firstOffset) => ({
    ...{ firstOffset, lastOffsetDelta: 0, attributes: 0, firstTimestamp: 0n, maxTimestamp: 0n },
    records: [{ offsetDelta: 0, timestampDelta: 0n, key: null, value: null, headers: [] }],
  }));
const answerOf = (found: Record<number, readonly bigint[]>): FetchAnswer =>
  ({
    responses: [
      {
        topicId: 'ID',
        partitions: Object.entries(found).map(([partition, offsets]) => ({
          ...{ partitionIndex: Number(partition), errorCode: 0, highWatermark: 100n },
          records: batchOf(offsets),
        })),
      },
    ],
  }) as never;

function fetch(node: number, topics: { partitions: { partition: number; fetchOffset: bigint }[] }[]) {
  return new Promise<FetchAnswer>((resolve, reject) => {
    const asked = topics.flatMap((topic) => topic.partitions.map((at) => [at.partition, at.fetchOffset]));
    polls.push({
      ...{ node, asked: Object.fromEntries(asked) as Record<number, bigint> },
      ...{ answer: (found) => resolve(answerOf(found)), fail: reject },
    });
  });
}

async function createReader(more: Partial<ReaderPorts> = {}): Promise<AssignmentReader> {
  const reader = new AssignmentReader(
    {
      ...{ clock, log: silentLogger, settings, isPaused: (at) => paused.has(nameOf(at)), onFetch: () => undefined },
      link: { fetch, metadata: () => Promise.resolve(metadata()), forgetMetadata: () => undefined },
      starts: (list) => Promise.resolve(new Map(list.map((at) => [nameOf(at), 10n]))),
      notePassed: () => undefined,
      noteEnd: (at, endOffset) => void ends.push(`${at.partition}: ${endOffset}`),
      deliver: (at, { records }) => {
        const last = take(
          at,
          records.map(({ offset }) => offset),
        );
        if (last !== null) delivered.push(`${at.partition}: ${records.map(({ offset }) => offset).join()}`);
        return last === null ? null : { last, handled: Promise.resolve(true) };
      },
      onFatal: (error) => void fatal.push(error),
      ...more,
    },
    partitions,
  );
  void reader.start();
  await clock.advance(0);
  return reader;
}

const newest = (): Poll => {
  const poll = polls.at(-1);
  if (poll === undefined) throw new Error('nothing was asked for');
  return poll;
};

test('one poll at a time at each broker, and the next one from behind what was taken', async () => {
  leaders = [1, 2];
  await createReader();
  expect(polls.map(({ node, asked }) => [node, asked])).toEqual([
    [1, { 0: 10n }],
    [2, { 1: 10n }],
  ]);
  polls[0]?.answer({ 0: [10n, 11n] });
  await clock.advance(0);
  expect(polls.slice(2).map(({ node, asked }) => [node, asked])).toEqual([[1, { 0: 12n }]]);
  expect([delivered, ends]).toEqual([['0: 10,11'], ['0: 100']]);
});

test('a partition that is paused is left out, and its neighbour goes on; it is back in the poll after it resumes', async () => {
  const reader = await createReader();
  paused.add('in/0');
  newest().answer({ 1: [10n] });
  await clock.advance(0);
  expect(newest().asked).toEqual({ 1: 11n });
  paused.add('in/1');
  newest().answer({});
  await clock.advance(60_000);
  expect(polls).toHaveLength(2); // nothing wanted: no poll at all
  paused.clear();
  reader.wake();
  await clock.advance(0);
  expect(newest().asked).toEqual({ 0: 10n, 1: 11n });
});

test('an answer that comes after the end of its assignment is dropped, and nothing more is asked for', async () => {
  const reader = await createReader();
  reader.end();
  newest().answer({ 0: [10n] });
  await clock.advance(60_000);
  expect([delivered, ends, polls.length]).toEqual([[], [], 1]);
});

test('a partition that is sent elsewhere is fetched from there, and an answer that was on its way is dropped', async () => {
  const reader = await createReader();
  const [first] = polls;
  reader.seek({ topic: 'in', partition: 0 }, 4n);
  first?.answer({ 0: [10n, 11n], 1: [10n] });
  await clock.advance(0);
  expect([delivered, newest().asked]).toEqual([['1: 10'], { 0: 4n, 1: 11n }]);
});

test('what was brought, and held nothing for us, is passed all the same; what was not taken whole is not', async () => {
  const passed: string[] = [];
  await createReader({ notePassed: ({ partition }, next) => void passed.push(`${partition}: ${next}`) });
  take = () => 10n;
  newest().answer({ 0: [10n, 11n], 1: [10n] });
  await clock.advance(0);
  expect(passed).toEqual(['1: 11']);
});

test('a cut fetch goes on behind the last record taken; one that is refused is asked for again, after a while', async () => {
  await createReader();
  take = ({ partition }) => (partition === 0 ? 11n : null);
  newest().answer({ 0: [10n, 11n, 12n], 1: [10n] });
  await clock.advance(0);
  expect(newest().asked).toEqual({ 0: 12n });
  await clock.advance(settings.fetchWaitMs);
  newest().answer({});
  await clock.advance(0);
  expect(newest().asked).toEqual({ 0: 12n, 1: 10n });
});

test("a partition's error holds up no other: the others are asked for at once", async () => {
  await createReader();
  const response = { responses: [{ topicId: 'ID', partitions: [{ partitionIndex: 0, errorCode: 6 }] }] };
  newest().fail(new ResponseError(1, 17, { '/responses/0/partitions/0': [6, null] }, response));
  await clock.advance(0);
  expect(newest().asked).toEqual({ 1: 10n });
  await clock.advance(settings.retryFirstMs);
  newest().answer({});
  await clock.advance(0);
  expect([newest().asked, fatal]).toEqual([{ 0: 10n, 1: 10n }, []]);
});

test('an offset that is not in the log any more is decided on as at the beginning', async () => {
  const asked: TopicPartition[][] = [];
  const starts: ReaderPorts['starts'] = (list) => {
    asked.push(list.map(({ topic, partition }) => ({ topic, partition })));
    return Promise.resolve(new Map(list.map((at) => [nameOf(at), asked.length === 1 ? 10n : 50n])));
  };
  await createReader({ starts });
  const response = { responses: [{ topicId: 'ID', partitions: [{ partitionIndex: 1, errorCode: 1 }] }] };
  newest().fail(new ResponseError(1, 17, { '/responses/0/partitions/0': [1, null] }, response));
  await clock.advance(0);
  expect([asked, newest().asked, fatal]).toEqual([[partitions, [partitions[1]]], { 0: 10n, 1: 50n }, []]);
});

test('a broker that is away is asked again and again; an error that no wait mends is fatal', async () => {
  await createReader();
  newest().fail(new NetworkError('gone'));
  await clock.advance(settings.retryFirstMs);
  expect([polls.length, fatal]).toEqual([2, []]);
  const denied = new ResponseError(1, 17, { '': [29, null] }, {});
  newest().fail(denied);
  await clock.advance(0);
  expect(fatal).toEqual([denied]);
});

test('where to begin is asked for until somebody answers', async () => {
  let tries = 0;
  const starts: ReaderPorts['starts'] = (list) =>
    (tries += 1) < 3
      ? Promise.reject(new NetworkError('gone'))
      : Promise.resolve(new Map(list.map((at) => [nameOf(at), 7n])));
  await createReader({ starts });
  await clock.advance(settings.retryFirstMs * 3);
  expect([tries, newest().asked, fatal]).toEqual([3, { 0: 7n, 1: 7n }, []]);
});

test('a timer that runs a millisecond before its time costs no fetch', async () => {
  let aheadMs = 0;
  const early = {
    now: () => clock.now() - aheadMs,
    after: (delayMs: number, run: () => void) => clock.after(delayMs, run),
  };
  await createReader({ clock: early });
  newest().fail(new NetworkError('gone'));
  await clock.advance(0);
  aheadMs = 1; // timers keep the monotonic clock, and the other one is a millisecond behind it
  await clock.advance(settings.retryFirstMs);
  expect(polls).toHaveLength(2);
});

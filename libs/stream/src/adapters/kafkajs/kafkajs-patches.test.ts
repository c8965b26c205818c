import { createRequire } from 'node:module';
import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import {
  assignerWith,
  ConsumerGroup,
  epochOf,
  RequestQueue,
  type GroupInside,
  type QueueInside,
} from './kafkajs-patches.ts';

const PATCHED_VERSION = '2.2.4';

test('kafkajs is the version that the patches were written for', () => {
  const { version } = createRequire(import.meta.url)('kafkajs/package.json') as { version: string };
  expect(version).toBe(PATCHED_VERSION);
});

describe('the idle timer', () => {
  beforeEach(() => void jest.useFakeTimers());
  afterEach(() => void jest.useRealTimers());

  const queueWith = (fields: Partial<QueueInside>): QueueInside =>
    Object.assign(Object.create(RequestQueue.prototype) as QueueInside, fields);

  test('is not armed while nothing is pending and nothing is throttled', () => {
    queueWith({ pending: [], throttledUntil: -1 }).scheduleCheckPendingRequests();
    expect(jest.getTimerCount()).toBe(0);
  });

  test.each([
    ['requests are pending', { pending: [{}], throttledUntil: -1 }],
    ['the broker throttles', { pending: [], throttledUntil: Number.MAX_SAFE_INTEGER }],
  ])('is armed while %s', (_name, fields) => {
    queueWith(fields).scheduleCheckPendingRequests();
    expect(jest.getTimerCount()).toBe(1);
  });
});

describe('a consumer group', () => {
  const ORIGINALS = { join: [] as string[] };

  /** A group as kafkajs builds it, with no broker behind: the first thing a join does is to ask for the coordinator. */
  const groupWith = (fields: object): GroupInside & { offsetManager: object | null } => {
    const asked = {
      findGroupCoordinator: () => (ORIGINALS.join.push('join'), Promise.reject(new TypeError('no broker'))),
    };
    const retrier = (run: (bail: (error: Error) => void) => Promise<void>): Promise<void> =>
      new Promise((_resolve, reject) => void run(reject));
    return Object.assign(Object.create(ConsumerGroup.prototype) as GroupInside, {
      cluster: asked,
      retrier,
      offsetManager: {},
      ...fields,
    });
  };
  const assignerOf = (hooks: Parameters<typeof assignerWith>[0]): object =>
    assignerWith(hooks)({
      cluster: {} as never,
      groupId: 'g',
      logger: {} as never,
    });

  test('waits for the drain before it joins again', async () => {
    ORIGINALS.join.length = 0;
    const steps: string[] = [];
    let endDrain = (): void => undefined;
    const beforeJoin = async (): Promise<void> => {
      steps.push('drain begins');
      await new Promise<void>((resolve) => (endDrain = resolve));
      steps.push('drain ends');
    };
    const group = groupWith({ assigners: [assignerOf({ beforeJoin, epoch: () => 1, fromLatest: [] })] });
    const joined = group.joinAndSync().catch(() => steps.push('joined'));
    await new Promise((resolve) => setImmediate(resolve));
    expect([steps, ORIGINALS.join]).toEqual([['drain begins'], []]);
    endDrain();
    await joined;
    expect([steps, ORIGINALS.join]).toEqual([['drain begins', 'drain ends', 'joined'], ['join']]);
  });

  /** A group that owns partition 0 of topic t, and whose broker answers with one record after `during` has run. */
  const fetchingGroup = (epoch: number, during: (group: GroupInside & { offsetManager: object | null }) => void) => {
    const position = { committedOffsets: () => ({ t: { 0: '0' } }), nextOffset: () => '0' };
    const partitions = [
      {
        partition: 0,
        highWatermark: '1',
        abortedTransactions: [],
        messages: [{ offset: '0', key: null, value: Buffer.from('v') }],
      },
    ];
    const fetch = (): Promise<object> => {
      during(group);
      return Promise.resolve({ responses: [{ topicName: 't', partitions }] });
    };
    const group = groupWith({
      assigners: [assignerOf({ beforeJoin: () => Promise.resolve(), epoch: () => epoch, fromLatest: [] })],
      cluster: { refreshMetadataIfNecessary: () => Promise.resolve(), findBroker: () => Promise.resolve({ fetch }) },
      subscriptionState: { assigned: () => [{ topic: 't', partitions: [0] }], isPaused: () => false },
      offsetManager: position,
      preferredReadReplicasPerTopicPartition: {},
      filterPartitionsByNode: (_node: unknown, assigned: object) => assigned,
      getActiveTopicPartitions: () => ({ t: new Set([0]) }),
      seekOffsets: () => Promise.resolve(),
      seekOffset: { has: () => false },
    });
    return group;
  };

  /** A group whose partition 0 of topic t has no committed offset and ends at 41. */
  const groupFromLatest = (fromLatest: string[], commitOffsets: (offsets: object) => Promise<void>) => {
    const offsetManager = {
      memberAssignment: { t: [0] },
      resolved: {} as Record<string, Record<number, string>>,
      committedOffsets: () => offsetManager.resolved,
      resolveOffsets: () => Promise.resolve(void (offsetManager.resolved = { t: { 0: '41' } })),
      commitOffsets,
    };
    const hooks = { beforeJoin: () => Promise.resolve(), epoch: () => 1, fromLatest };
    return groupWith({ assigners: [assignerOf(hooks)], offsetManager });
  };

  test('commits what latest means before the first fetch, once for an assignment', async () => {
    const commits: object[] = [];
    const group = groupFromLatest(['t'], async (offsets) => void commits.push(offsets));
    await Promise.all([group.seekOffsets([]), group.seekOffsets([])]);
    await group.seekOffsets([]);
    expect(commits).toEqual([{ topics: [{ topic: 't', partitions: [{ partition: 0, offset: '41' }] }] }]);
  });

  test('does not fetch while that commit is refused, and tries it again', async () => {
    const commits: object[] = [];
    const group = groupFromLatest(['t'], (offsets) => {
      commits.push(offsets);
      return commits.length === 1 ? Promise.reject(new Error('refused')) : Promise.resolve();
    });
    await expect(group.seekOffsets([])).rejects.toThrow('refused');
    await group.seekOffsets([]);
    expect(commits).toHaveLength(2);
  });

  test('commits no start for a topic that is read from its earliest record', async () => {
    const commits: object[] = [];
    await groupFromLatest([], async (offsets) => void commits.push(offsets)).seekOffsets([]);
    expect(commits).toEqual([]);
  });

  test('tags what it fetched with the epoch of its assignment', async () => {
    const batches = await fetchingGroup(7, () => undefined).fetch('1');
    expect(batches.map((batch) => epochOf(batch))).toEqual([7]);
  });

  test('forgets a response that was on its way while the group was joined again', async () => {
    const joinAgain = (group: { offsetManager: object | null }): void => void (group.offsetManager = {});
    expect(await fetchingGroup(7, joinAgain).fetch('1')).toEqual([]);
  });
});

import { createRequire } from 'node:module';
import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import kafkajs from 'kafkajs';
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
    } as Parameters<kafkajs.PartitionAssigner>[0]);

  test('waits for the drain before it joins again', async () => {
    ORIGINALS.join.length = 0;
    const steps: string[] = [];
    let endDrain = (): void => undefined;
    const beforeJoin = async (): Promise<void> => {
      steps.push('drain begins');
      await new Promise<void>((resolve) => (endDrain = resolve));
      steps.push('drain ends');
    };
    const group = groupWith({ assigners: [assignerOf({ beforeJoin, epoch: () => 1 })] });
    const joined = group.joinAndSync().catch(() => steps.push('joined'));
    await new Promise((resolve) => setImmediate(resolve));
    expect([steps, ORIGINALS.join]).toEqual([['drain begins'], []]);
    endDrain();
    await joined;
    expect([steps, ORIGINALS.join]).toEqual([['drain begins', 'drain ends', 'joined'], ['join']]);
  });

  test('forgets a response that was fetched under an earlier assignment, and tags the others with their epoch', async () => {
    const batch = { messages: [], isEmpty: () => true };
    const answer = (): Promise<never> =>
      Promise.reject(Object.assign(new Error('x'), { name: 'KafkaJSConnectionClosedError' }));
    const hooks = { beforeJoin: () => Promise.resolve(), epoch: () => 7 };
    const cluster = { refreshMetadataIfNecessary: answer, removeBroker: () => undefined };
    // The real fetch ends empty when its connection closes; what is watched is what the patch makes of it.
    const group = groupWith({ assigners: [assignerOf(hooks)], cluster });
    expect(await group.fetch('1')).toEqual([]);
    expect(epochOf(batch)).toBeUndefined();
  });
});

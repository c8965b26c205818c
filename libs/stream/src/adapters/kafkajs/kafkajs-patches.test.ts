import { createRequire } from 'node:module';
import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { ASSIGNER_NAME } from './kafkajs-assigner.ts';
import type { BrokerInside, GroupInside, OffsetsInside, QueueInside } from './kafkajs-inside.ts';
import { assignersWith, Broker, ConsumerGroup, epochOf, RequestQueue, type GroupHooks } from './kafkajs-patches.ts';
import { NO_CLAIMS } from '../../assignment/member-claims.ts';

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

  test.each([
    ['nothing is throttled', -1],
    ['the broker throttles', Number.MAX_SAFE_INTEGER],
    // kafkajs would look at the clock once more, and arm a timer of less than nothing
    ['the throttle ends this very millisecond', Date.now() + 1],
  ])('is not armed while nothing is pending and %s', (_name, throttledUntil) => {
    queueWith({ pending: [], throttledUntil }).scheduleCheckPendingRequests();
    expect(jest.getTimerCount()).toBe(0);
  });

  test.each([
    ['requests are pending', { pending: [{}], throttledUntil: -1 }],
    ['the broker throttles what is pending', { pending: [{}], throttledUntil: Date.now() + 60_000 }],
  ])('is armed while %s', (_name, fields) => {
    queueWith(fields).scheduleCheckPendingRequests();
    expect(jest.getTimerCount()).toBe(1);
  });
});

describe('a broker', () => {
  const brokerWith = (versions: object | null, isOpen: boolean): BrokerInside =>
    Object.assign(Object.create(Broker.prototype) as BrokerInside, {
      versions,
      connectionPool: { sasl: null, isConnected: () => isOpen },
    });

  test('is connected once it has said which requests it takes, not when it has taken the connection', () => {
    expect(brokerWith(null, true).isConnected()).toBe(false);
    expect(brokerWith({}, true).isConnected()).toBe(true);
    expect(brokerWith({}, false).isConnected()).toBe(false);
  });
});

describe('heartbeats', () => {
  const EVERY_MS = 3_000;

  /** A member as kafkajs builds it; `coordinator` counts what it is told. */
  const memberThatAskedAt = (lastRequest: number) => {
    const Group = ConsumerGroup as unknown as new (options: object) => GroupInside;
    const told: object[] = [];
    const silent = { namespace: () => ({}), emit: () => undefined };
    const member = new Group({ logger: silent, instrumentationEmitter: silent, groupId: 'g' });
    const coordinator = { heartbeat: async (request: object) => void told.push(request) };
    return { told, member: Object.assign(member, { coordinator, memberId: 'm', generationId: 1, lastRequest }) };
  };

  test('go on when the host’s clock was set back, as if the last one were long ago', async () => {
    const { member, told } = memberThatAskedAt(Date.now() + 300_000);
    await member.heartbeat({ interval: EVERY_MS });
    await member.heartbeat({ interval: EVERY_MS });
    expect(told).toEqual([{ groupId: 'g', memberId: 'm', groupGenerationId: 1 }]);
  });

  test('wait for their interval otherwise', async () => {
    const { member, told } = memberThatAskedAt(Date.now() - 1);
    await member.heartbeat({ interval: EVERY_MS });
    expect(told).toEqual([]);
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
  const hooksWith = (hooks: Partial<GroupHooks>): GroupHooks => ({
    coPartitioned: [],
    claims: () => NO_CLAIMS,
    beforeJoin: () => Promise.resolve(),
    beforeFetch: () => Promise.resolve(),
    epoch: () => 1,
    noteEnd: () => undefined,
    notePassed: () => undefined,
    pauseForLeader: () => Promise.resolve(),
    ...hooks,
  });
  const assignersOf = (hooks: Partial<GroupHooks>) =>
    assignersWith(hooksWith(hooks)).map((assigner) =>
      assigner({ cluster: {} as never, groupId: 'g', logger: {} as never }),
    );

  test('waits for the drain before it joins again', async () => {
    ORIGINALS.join.length = 0;
    const steps: string[] = [];
    let endDrain = (): void => undefined;
    const beforeJoin = async (): Promise<void> => {
      steps.push('drain begins');
      await new Promise<void>((resolve) => (endDrain = resolve));
      steps.push('drain ends');
    };
    const group = groupWith({ assigners: assignersOf({ beforeJoin }) });
    const joined = group.joinAndSync().catch(() => steps.push('joined'));
    await new Promise((resolve) => setImmediate(resolve));
    expect([steps, ORIGINALS.join]).toEqual([['drain begins'], []]);
    endDrain();
    await joined;
    expect([steps, ORIGINALS.join]).toEqual([['drain begins', 'drain ends', 'joined'], ['join']]);
  });

  /** A group that owns partitions 0 and 1 of topic t, and whose broker answers with one record of the first after `during` has run. */
  const fetchingGroup = (
    hooks: Partial<GroupHooks>,
    during: (group: GroupInside & { offsetManager: object | null }) => void = () => undefined,
    answered?: readonly object[],
  ) => {
    const position = { committedOffsets: () => ({ t: { 0: '0', 1: '5' } }), nextOffset: () => '0' };
    const record = { offset: '0', key: null, value: Buffer.from('v') };
    const partitions = answered ?? [
      { partition: 0, highWatermark: '1', abortedTransactions: [], messages: [record] },
      { partition: 1, highWatermark: '5', abortedTransactions: [], messages: [] },
    ];
    const fetch = (): Promise<object> => {
      during(group);
      return Promise.resolve({ responses: [{ topicName: 't', partitions }] });
    };
    const group = groupWith({
      assigners: assignersOf(hooks),
      cluster: { refreshMetadataIfNecessary: () => Promise.resolve(), findBroker: () => Promise.resolve({ fetch }) },
      subscriptionState: { assigned: () => [{ topic: 't', partitions: [0, 1] }], isPaused: () => false },
      offsetManager: position,
      preferredReadReplicasPerTopicPartition: {},
      filterPartitionsByNode: (_node: unknown, assigned: object) => assigned,
      getActiveTopicPartitions: () => ({ t: new Set([0, 1]) }),
      seekOffsets: () => Promise.resolve(),
      seekOffset: { has: () => false },
    });
    return group;
  };

  test('tags what it fetched with the epoch of its assignment, and hands on nothing that is empty', async () => {
    const batches = await fetchingGroup({ epoch: () => 7 }).fetch('1');
    expect(batches.map((batch) => [batch.partition, epochOf(batch)])).toEqual([[0, 7]]);
  });

  test('says where every fetched partition ends, also one that brought nothing', async () => {
    const ends: string[] = [];
    const noteEnd: GroupHooks['noteEnd'] = ({ topic, partition }, end) => ends.push(`${topic}/${partition} ${end}`);
    await fetchingGroup({ noteEnd }).fetch('1');
    expect(ends).toEqual(['t/0 1', 't/1 5']);
  });

  describe('what was fetched and holds nothing for us, markers of transactions mostly', () => {
    const marker = { offset: '4', isControlRecord: true, attributes: 0, headers: {}, key: null, value: null };
    const fetchMarker = async (positionNow: string) => {
      const resolved: string[] = [];
      const passed: string[] = [];
      const notePassed: GroupHooks['notePassed'] = ({ topic, partition }, next) =>
        void passed.push(`${topic}/${partition} ${next}`);
      const resolveOffset = ({ topic, partition, offset }: { topic: string; partition: number; offset: string }) =>
        void resolved.push(`${topic}/${partition} ${offset}`);
      const moveTo = ({ offsetManager }: { offsetManager: object | null }): void =>
        void Object.assign(offsetManager ?? {}, { nextOffset: () => positionNow, resolveOffset });
      const partitions = [{ partition: 0, highWatermark: '5', abortedTransactions: [], messages: [marker] }];
      const group = fetchingGroup({ notePassed }, moveTo, partitions);
      return { batches: await group.fetch('1'), resolved, passed };
    };

    test('moves the position at once, and is told', async () => {
      expect(await fetchMarker('0')).toEqual({ batches: [], resolved: ['t/0 4'], passed: ['t/0 5'] });
    });

    test('moves nothing once the partition was sent elsewhere', async () => {
      expect(await fetchMarker('3')).toEqual({ batches: [], resolved: [], passed: [] });
    });
  });

  test('forgets a response that was on its way while the group was joined again', async () => {
    const joinAgain = (group: { offsetManager: object | null }): void => void (group.offsetManager = {});
    expect(await fetchingGroup({}, joinAgain).fetch('1')).toEqual([]);
  });

  describe('before the first fetch of an assignment', () => {
    /** A group that notes when kafkajs would look up positions by itself. */
    const seekingGroup = (beforeFetch: () => Promise<void>) => {
      const steps: string[] = [];
      const resolveOffsets = () => Promise.resolve(void steps.push('kafkajs looks up'));
      const offsetManager = { resolveOffsets } as unknown as OffsetsInside;
      const hook = (): Promise<void> => (steps.push('we decide'), beforeFetch());
      const group = groupWith({ assigners: assignersOf({ beforeFetch: hook }), offsetManager });
      return { group, steps, offsetManager };
    };

    test('it is decided where to begin, once, and kafkajs comes after', async () => {
      const { group, steps } = seekingGroup(() => Promise.resolve());
      await Promise.all([group.seekOffsets([]), group.seekOffsets([])]);
      expect(steps).toEqual(['we decide', 'kafkajs looks up', 'kafkajs looks up']);
    });

    test('nothing is fetched while the decision is refused, and it is asked for again', async () => {
      let asked = 0;
      const { group, steps } = seekingGroup(() => {
        asked += 1;
        return asked === 1 ? Promise.reject(new Error('refused')) : Promise.resolve();
      });
      await expect(group.seekOffsets([])).rejects.toThrow('refused');
      expect(steps).toEqual(['we decide']);
      await group.seekOffsets([]);
      expect(steps).toEqual(['we decide', 'we decide', 'kafkajs looks up']);
    });

    test('the next assignment is decided anew', async () => {
      const { group, steps, offsetManager } = seekingGroup(() => Promise.resolve());
      await group.seekOffsets([]);
      Object.assign(group, { offsetManager: { ...offsetManager } });
      await group.seekOffsets([]);
      expect(steps.filter((step) => step === 'we decide')).toHaveLength(2);
    });
  });

  describe('an error of a fetch', () => {
    const failingGroup = () => {
      const steps: string[] = [];
      const refreshMetadata = () => Promise.resolve(void steps.push('new metadata'));
      const group = groupWith({
        assigners: assignersOf({ pauseForLeader: () => Promise.resolve(void steps.push('a pause')) }),
        cluster: { refreshMetadata },
        joinAndSync: () => Promise.resolve(void steps.push('joins again')),
        logger: { debug: () => undefined, error: () => undefined, warn: () => undefined },
        preferredReadReplicasPerTopicPartition: {},
      });
      return { group, steps };
    };
    const errorOf = (fields: object): Error => Object.assign(new Error('fetch'), fields);

    test.each(['NOT_LEADER_FOR_PARTITION', 'LEADER_NOT_AVAILABLE', 'FENCED_LEADER_EPOCH', 'UNKNOWN_LEADER_EPOCH'])(
      '%s is met by new metadata alone: nobody drains because a leader has moved',
      async (type) => {
        const { group, steps } = failingGroup();
        await group.recoverFromFetch(errorOf({ type }));
        expect(steps).toEqual(['new metadata', 'a pause']);
      },
    );

    test('an offset that is not in the log is brought to where the start is decided, and never to the default', async () => {
      const { group, steps } = failingGroup();
      await group.recoverFromFetch(errorOf({ name: 'KafkaJSOffsetOutOfRange', topic: 't', partition: 0 }));
      expect(steps).toEqual(['joins again']);
    });

    test('a topic that is gone joins again, as kafkajs does', async () => {
      const { group, steps } = failingGroup();
      await group.recoverFromFetch(errorOf({ type: 'UNKNOWN_TOPIC_OR_PARTITION' }));
      expect(steps).toEqual(['new metadata', 'joins again']);
    });
  });

  test('offers the sticky assigner first, and round robin for a group in the middle of an upgrade', () => {
    expect(assignersOf({}).map(({ name }) => name)).toEqual([ASSIGNER_NAME, 'RoundRobinAssigner']);
  });

  test('never agrees on round robin where topics must stay together', () => {
    expect(assignersOf({ coPartitioned: [['a', 'b']] }).map(({ name }) => name)).toEqual([ASSIGNER_NAME]);
  });
});

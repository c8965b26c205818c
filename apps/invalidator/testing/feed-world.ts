import { topics, type Topic } from '@porchlight/contracts';
import { bucketOf, BUCKETS, CacheUnavailable, memoryMarkStore, type EstimateCache } from '@porchlight/estimate-cache';
import { createTestRun, ManualClock, type MemoryApp, type TestRecord } from '@porchlight/stream';
import { ChangeFeed, type MarkOutcome } from '../change-feed.ts';
import { createInvalidator } from '../invalidator.task.ts';
import { MarkLoop } from '../mark-loop.ts';

const { listingStatusChanged, sellerOverrideChanged, mlsRuleChanged } = topics;
const EVERY_MS = 1_000;

export const allBuckets = Array.from({ length: BUCKETS }, (_, bucket) => bucket);
export const homes = Array.from({ length: 200 }, (_, n) => `p${n}`);
export const homeIn = (bucket: number): string => homes.find((home) => bucketOf(home) === bucket) ?? '';

/** One process of the group, and what it told. */
export interface FeedProcess {
  readonly app: MemoryApp;
  readonly feed: ChangeFeed;
  readonly loop: MarkLoop;
  readonly marked: MarkOutcome[];
  readonly replayed: string[];
  readonly lost: string[];
  readonly waits: string[];
  /** As the gauge has it. */
  appliedUntil(): number | null;
}

/** The cache as far as changes go: notes what reaches it, and is away when told. */
function createRecordingCache() {
  const applied: string[] = [];
  const faults = { down: false, held: Promise.resolve() };
  const note = async <O>(changes: readonly string[], outcome: O): Promise<O[]> => {
    await faults.held;
    if (faults.down) throw new CacheUnavailable('told to be');
    applied.push(...changes);
    return changes.map(() => outcome);
  };
  const cache: Pick<EstimateCache, 'invalidate' | 'update'> = {
    invalidate: (changes) =>
      note(
        changes.map(({ propertyId, visibilityVersion }) => `${propertyId} ${visibilityVersion}`),
        'absent' as const,
      ),
    update: (changes) =>
      note(
        changes.map(({ propertyId, estimateVersion }) => `${propertyId} estimate ${estimateVersion}`),
        'absent' as const,
      ),
  };
  return { cache, applied, faults };
}

/** The relay's row, which a test writes; null: no relay has ever ended a round. */
function createRelay(now: () => number) {
  const state = { down: false, publishedUntilAt: null as number | null, onRead: (): void => undefined };
  return {
    state,
    async relayProgress() {
      if (state.down) throw new CacheUnavailable('the database is away');
      const { publishedUntilAt } = state;
      state.onRead();
      if (publishedUntilAt === null) return null;
      const partitions = { [listingStatusChanged.name]: 1, [sellerOverrideChanged.name]: 1 };
      return { publishedUntilAt, partitions, readAt: now() };
    },
    /** A round of the relay that ends now. */
    publish: (): number => (state.publishedUntilAt = now()),
  };
}

/** The change topics in memory, the marks in memory, and as many invalidators as are started. */
export function createFeedWorld({ partitions = 1 }: { partitions?: number } = {}) {
  const clock = new ManualClock();
  const store = memoryMarkStore();
  const relay = createRelay(() => clock.now());
  const { cache, applied, faults } = createRecordingCache();
  const counts = Object.fromEntries(Object.values(topics).map(({ name }) => [name, partitions]));
  const run = createTestRun({ definitions: [], clock, partitions: counts, settings: { commitEveryMs: 500 } });
  const counted: string[] = [];
  const loops: MarkLoop[] = [];

  async function start(): Promise<FeedProcess> {
    const told = { marked: [] as MarkOutcome[], replayed: [] as string[], lost: [] as string[], waits: [] as string[] };
    let until: number | null = null;
    const feed = new ChangeFeed({
      store,
      relay,
      databaseNow: async () => clock.now(),
      timedTopics: [listingStatusChanged, sellerOverrideChanged, mlsRuleChanged].map(({ name }) => name),
      report: {
        marked: (outcome) => void told.marked.push(outcome),
        replayed: ({ topic, partition }, records) => void told.replayed.push(`${topic}/${partition} ${records}`),
        lost: ({ topic, partition }, buckets) => void told.lost.push(`${topic}/${partition} ${buckets}`),
        appliedUntil: (at) => void (until = at),
      },
    });
    const definitions = createInvalidator({
      cache,
      catalog: { factsOf: async () => new Map() },
      feed,
      concurrentRecordsMax: 4,
      count: (topic, outcome) => void counted.push(`${topic} ${outcome}`),
      onUnreadableKey: () => undefined,
    });
    const app = await run.startMember({ definitions });
    feed.attach(app);
    const loop = new MarkLoop({
      clock,
      everyMs: EVERY_MS,
      round: () => feed.round(),
      onWaiting: (code) => void told.waits.push(code),
      onRecovered: () => void told.waits.push('recovered'),
      onFatal: (error) => void run.fatal.push(error as Error),
    });
    loops.push(loop);
    return { app, feed, loop, ...told, appliedUntil: () => until };
  }

  const markOf = (bucket: number, topic: Topic<unknown> = listingStatusChanged, partition = 0) =>
    store.stateOf(bucket).partitions[`${topic.name}/${partition}`];
  const append = <V>(topic: Topic<V>, record: Omit<TestRecord<V>, 'topic'>): bigint => run.append({ topic, ...record });
  return {
    clock,
    store,
    relay,
    run,
    applied,
    faults,
    counted,
    start,
    append,
    /** A change of a home's status. */
    change: (propertyId: string, visibilityVersion: number, partition = 0): bigint =>
      append(listingStatusChanged, {
        partition,
        key: propertyId,
        value: { propertyId, visibilityVersion, status: 'active', mlsId: null, changedAt: clock.now() },
      }),
    /** Seconds pass, a round of marks in each. */
    async seconds(count: number): Promise<void> {
      for (let passed = 0; passed < count * 4; passed += 1) await run.advance(EVERY_MS / 4);
    },
    markOf,
    /** Every bucket's mark of the changes of status, if they are all alike. */
    markEverywhere: (): unknown => {
      const marks = new Set(allBuckets.map((bucket) => JSON.stringify(markOf(bucket), asText)));
      return marks.size === 1 ? markOf(0) : [...marks];
    },
    committed: (topic: Topic<unknown> = listingStatusChanged, partition = 0) => run.committed(topic, partition),
    async close(): Promise<void> {
      await Promise.all(loops.map((loop) => loop.stop()));
      await run.stop();
    },
  };
}

export type FeedWorld = ReturnType<typeof createFeedWorld>;

const asText = (_: string, value: unknown): unknown => (typeof value === 'bigint' ? String(value) : value);

/** Five changes, applied and marked everywhere. */
export async function fiveApplied(world: FeedWorld): Promise<FeedProcess> {
  const process = await world.start();
  world.relay.publish();
  for (let version = 1; version <= 5; version += 1) world.change(homeIn(version), version);
  await world.seconds(3);
  return process;
}

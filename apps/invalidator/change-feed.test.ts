import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { topics } from '@porchlight/contracts';
import { bucketOf, BUCKETS, memoryMarkStore } from '@porchlight/estimate-cache';
import { ChangeFeed } from './change-feed.ts';
import { createFeedWorld, type FeedWorld } from './testing/feed-world.ts';

const { estimateUpdated, listingStatusChanged, mlsRuleChanged } = topics;
const allBuckets = Array.from({ length: BUCKETS }, (_, bucket) => bucket);

let world: FeedWorld;
beforeEach(() => {
  world = createFeedWorld();
});
afterEach(() => world.close());

/** Every bucket's mark of the changes of status, if they are all alike. */
const markEverywhere = (): unknown => {
  const marks = new Set(allBuckets.map((bucket) => JSON.stringify(world.markOf(bucket), asText)));
  return marks.size === 1 ? world.markOf(0) : [...marks];
};
const asText = (_: string, value: unknown): unknown => (typeof value === 'bigint' ? String(value) : value);

/** A home in this bucket, and one in another. */
const homes = Array.from({ length: 200 }, (_, n) => `p${n}`);
const homeIn = (bucket: number): string => homes.find((home) => bucketOf(home) === bucket) ?? '';
const [awayHome = ''] = homes;
const awayBucket = bucketOf(awayHome);
const otherHome = homes.find((home) => bucketOf(home) !== awayBucket) ?? '';

/** Five changes, applied and marked everywhere. */
async function fiveApplied() {
  const process = await world.start();
  world.relay.publish();
  for (let version = 1; version <= 5; version += 1) world.change(homeIn(version), version);
  await world.seconds(3);
  return process;
}

describe('once a second, with or without traffic', () => {
  test('every bucket is told how far each partition is applied, and up to when', async () => {
    await world.start();
    const t = world.relay.publish();
    await world.seconds(3);
    expect(markEverywhere()).toEqual({ nextOffset: 0n, untilAt: t });
    await world.seconds(10);
    const later = world.relay.publish();
    await world.seconds(1);
    expect(markEverywhere()).toEqual({ nextOffset: 0n, untilAt: later });
    expect([world.markOf(7, mlsRuleChanged), world.markOf(7, estimateUpdated)]).toEqual([
      { nextOffset: 0n, untilAt: later },
      { nextOffset: 0n, untilAt: null },
    ]);
  });

  test('a mark follows what is applied, and the group’s offset follows the marks', async () => {
    const { marked } = await fiveApplied();
    expect([markEverywhere(), world.committed()]).toEqual([{ nextOffset: 5n, untilAt: expect.any(Number) }, 5n]);
    expect(new Set(marked)).toEqual(new Set(['missing', 'reset', 'marked']));
  });

  test('nothing is committed that is not marked', async () => {
    const { loop } = await fiveApplied();
    await loop.stop();
    world.change('p9', 6);
    await world.seconds(3);
    expect([world.applied.length, world.committed()]).toEqual([6, 5n]);
  });
});

describe('T', () => {
  test('is marked when all below the end that was asked for after it is applied, and not before', async () => {
    const process = await world.start();
    const before = world.relay.publish();
    await world.seconds(3);
    let release = (): void => undefined;
    world.faults.held = new Promise((resolve) => (release = resolve));
    // What was committed before T comes between the reading of T and that of the end.
    world.relay.state.onRead = () => {
      world.relay.state.onRead = () => undefined;
      world.change('p1', 2);
    };
    const after = world.relay.publish();
    await world.seconds(4);
    expect([markEverywhere(), process.appliedUntil()]).toEqual([{ nextOffset: 0n, untilAt: before }, before]);
    release();
    await world.seconds(2);
    expect([markEverywhere(), process.appliedUntil()]).toEqual([{ nextOffset: 1n, untilAt: after }, after]);
  });

  test('stands still while the relay does, and while its row cannot be read; offsets go on', async () => {
    await fiveApplied();
    const t = world.markOf(0)?.untilAt;
    world.change('p1', 6);
    await world.seconds(5);
    expect(markEverywhere()).toEqual({ nextOffset: 6n, untilAt: t });
    world.relay.publish();
    world.relay.state.down = true;
    world.change('p1', 7);
    await world.seconds(5);
    expect(markEverywhere()).toEqual({ nextOffset: 7n, untilAt: t });
  });

  test('moves under traffic that never rests', async () => {
    await fiveApplied();
    const before = world.markOf(0)?.untilAt ?? 0;
    for (let version = 6; version < 60; version += 1) {
      world.relay.publish();
      world.change('p1', version);
      await world.run.advance(100);
    }
    expect((world.markOf(0)?.untilAt ?? 0) - before).toBeGreaterThan(3_000);
  });
});

describe('a Redis with an older memory', () => {
  test('is noticed by its run, and gets again what it has forgotten', async () => {
    const { replayed, lost } = await fiveApplied();
    const memory = world.store.stateOf(3);
    for (const version of [6, 7, 8]) world.change('p1', version);
    await world.seconds(2);
    world.applied.splice(0);
    world.store.failOver(() => memory);
    await world.seconds(3);
    expect(world.applied).toEqual(['p1 6', 'p1 7', 'p1 8']);
    expect([markEverywhere(), world.committed()]).toEqual([{ nextOffset: 8n, untilAt: expect.any(Number) }, 8n]);
    expect([replayed, lost]).toEqual([[`${listingStatusChanged.name}/0 3`], []]);
  });

  test('is not given T before it has everything again', async () => {
    await fiveApplied();
    const memory = world.store.stateOf(3);
    world.change('p1', 6);
    await world.seconds(2);
    world.store.failOver(() => memory);
    let release = (): void => undefined;
    world.faults.held = new Promise((resolve) => (release = resolve));
    world.relay.publish();
    await world.seconds(3);
    expect(world.markOf(3)).toEqual(memory.partitions[`${listingStatusChanged.name}/0`]);
    release();
    await world.seconds(2);
    expect(markEverywhere()).toEqual({ nextOffset: 6n, untilAt: world.relay.state.publishedUntilAt });
  });

  test('under the same run, in one bucket alone, is noticed by its offset; the others keep what they have', async () => {
    await fiveApplied();
    const memory = world.store.stateOf(3);
    world.change('p1', 6);
    await world.seconds(2);
    world.applied.splice(0);
    world.store.putBack(3, memory);
    let release = (): void => undefined;
    world.faults.held = new Promise((resolve) => (release = resolve));
    await world.seconds(2);
    expect([world.markOf(3)?.nextOffset, world.markOf(4)?.nextOffset, world.committed()]).toEqual([5n, 6n, 5n]);
    release();
    await world.seconds(2);
    expect([world.applied, markEverywhere(), world.committed()]).toEqual([
      ['p1 6'],
      { nextOffset: 6n, untilAt: expect.any(Number) },
      6n,
    ]);
  });

  test('that remembers nothing gets no replay: the position is taken, and values checked before are checked once more', async () => {
    const { replayed, lost } = await fiveApplied();
    world.applied.splice(0);
    await world.seconds(4);
    world.store.failOver();
    await world.seconds(2);
    expect([world.applied, replayed, lost]).toEqual([[], [], []]);
    expect(markEverywhere()).toMatchObject({ nextOffset: 5n });
    expect(world.clock.now() - world.store.stateOf(9).sinceAt).toBeLessThanOrEqual(2_000);
  });

  test('older than the log gets no replay either, and somebody is told', async () => {
    const { replayed, lost } = await fiveApplied();
    const memory = world.store.stateOf(3);
    for (const version of [6, 7, 8]) world.change('p1', version);
    await world.seconds(2);
    world.applied.splice(0);
    world.run.log.deleteBefore({ topic: listingStatusChanged.name, partition: 0 }, 6n);
    world.store.failOver(() => memory);
    await world.seconds(3);
    expect([world.applied, replayed, lost]).toEqual([[], [], [`${listingStatusChanged.name}/0 ${BUCKETS}`]]);
    expect(markEverywhere()).toMatchObject({ nextOffset: 8n });
    expect(world.clock.now() - world.store.stateOf(9).sinceAt).toBeLessThanOrEqual(3_000);
  });
});

describe('a bucket that cannot be reached', () => {
  test('holds back its own mark and the group’s offset, and no other bucket', async () => {
    await fiveApplied();
    world.store.faults.unreachable.add(awayBucket);
    world.change(otherHome, 6);
    await world.seconds(3);
    expect([world.markOf(awayBucket)?.nextOffset, world.markOf(bucketOf(otherHome))?.nextOffset]).toEqual([5n, 6n]);
    expect([world.applied.at(-1), world.committed()]).toEqual([`${otherHome} 6`, 5n]);
    world.store.faults.unreachable.clear();
    await world.seconds(2);
    expect([world.markOf(awayBucket)?.nextOffset, world.committed()]).toEqual([6n, 6n]);
  });

  test('has its changes passed over, and applied when it is back, before it is told of T', async () => {
    await fiveApplied();
    world.store.faults.unreachable.add(awayBucket);
    await world.seconds(1);
    world.applied.splice(0);
    world.change(awayHome, 6);
    world.change(otherHome, 7);
    await world.seconds(3);
    expect([world.applied, world.counted.at(-2)]).toEqual([
      [`${otherHome} 7`],
      `${listingStatusChanged.name} passed_over`,
    ]);
    world.store.faults.unreachable.clear();
    const t = world.relay.publish();
    let release = (): void => undefined;
    world.faults.held = new Promise((resolve) => (release = resolve));
    await world.seconds(2);
    expect(world.markOf(awayBucket)?.nextOffset).toBe(5n);
    release();
    await world.seconds(2);
    expect(world.applied).toEqual([`${otherHome} 7`, `${awayHome} 6`, `${otherHome} 7`]);
    expect([world.markOf(awayBucket), world.committed()]).toEqual([{ nextOffset: 7n, untilAt: t }, 7n]);
  });

  test('like all the others is no reason to pass anything over: the change waits', async () => {
    await fiveApplied();
    for (const bucket of allBuckets) world.store.faults.unreachable.add(bucket);
    world.faults.down = true;
    await world.seconds(1);
    world.applied.splice(0);
    world.change(awayHome, 6);
    await world.seconds(3);
    expect([world.counted.some((line) => line.endsWith('passed_over')), world.committed()]).toEqual([false, 5n]);
    world.store.faults.unreachable.clear();
    world.faults.down = false;
    await world.seconds(6);
    expect([world.applied, world.committed()]).toEqual([[`${awayHome} 6`], 6n]);
  });
});

describe('an assignment', () => {
  test('begins where the lowest bucket is, though the group’s offset is further', async () => {
    const { app, loop } = await fiveApplied();
    await app.stop();
    await loop.stop();
    world.applied.splice(0);
    world.store.putBack(8, {
      ...world.store.stateOf(8),
      partitions: {
        ...world.store.stateOf(8).partitions,
        [`${listingStatusChanged.name}/0`]: { nextOffset: 2n, untilAt: null },
      },
    });
    await world.start();
    await world.seconds(2);
    expect(world.applied).toEqual([`${homeIn(3)} 3`, `${homeIn(4)} 4`, `${homeIn(5)} 5`]);
    expect(markEverywhere()).toMatchObject({ nextOffset: 5n });
  });

  test('begins at the group’s offset while Redis does not answer', async () => {
    const { app, loop } = await fiveApplied();
    await app.stop();
    await loop.stop();
    world.applied.splice(0);
    for (const bucket of allBuckets) world.store.faults.unreachable.add(bucket);
    await world.start();
    world.change('p1', 6);
    await world.seconds(2);
    expect([world.applied, world.committed()]).toEqual([['p1 6'], 5n]);
  });

  test('after a kill between apply and mark does again what was not marked', async () => {
    const { app, loop } = await fiveApplied();
    await loop.stop();
    world.change('p1', 6);
    await world.seconds(1);
    await app.crash();
    world.applied.splice(0);
    await world.start();
    await world.seconds(2);
    expect([world.applied, world.committed()]).toEqual([['p1 6'], 6n]);
  });

  test('that goes to another process is marked there, and no more where it was', async () => {
    world = createFeedWorld({ partitions: 2 });
    const first = await world.start();
    world.relay.publish();
    for (const version of [1, 2]) world.change('p1', version, version % 2);
    await world.seconds(3);
    const second = await world.start();
    await world.seconds(2);
    const partitionsOf = (positions: readonly { topic: string; partition: number }[]): number[] =>
      positions.filter(({ topic }) => topic === listingStatusChanged.name).map(({ partition }) => partition);
    expect([partitionsOf(first.app.positions()), partitionsOf(second.app.positions())]).toEqual([[0], [1]]);
    await second.loop.stop();
    for (const version of [3, 4]) world.change('p1', version, version % 2);
    await world.seconds(2);
    expect([
      world.markOf(0, listingStatusChanged, 0)?.nextOffset,
      world.markOf(0, listingStatusChanged, 1)?.nextOffset,
    ]).toEqual([2n, 1n]);
  });

  test('that a process may have lost without being told is not marked by it any more', async () => {
    const { app } = await fiveApplied();
    const t = world.markOf(0)?.untilAt;
    app.faults.membershipUnsure = true;
    world.relay.publish();
    await world.seconds(3);
    expect(world.markOf(0)).toEqual({ nextOffset: 5n, untilAt: t });
  });
});

describe('a change that names no home', () => {
  const bytes = Buffer.from('not avro');

  test('has every value checked once more, before it is parked', async () => {
    await fiveApplied();
    await world.seconds(5);
    world.append(listingStatusChanged, { key: null, bytes });
    await world.seconds(2);
    expect(
      new Set(allBuckets.map((bucket) => world.clock.now() - world.store.stateOf(bucket).sinceAt <= 2_000)),
    ).toEqual(new Set([true]));
    expect([world.run.parked().length, world.counted.at(-1)]).toEqual([
      1,
      `${listingStatusChanged.name} unreadable_key`,
    ]);
  });

  test('takes the primary’s clock as it is then, and not as a round has read it before', async () => {
    await world.start();
    await world.seconds(1); // this round has asked for the clock: every mark was missing
    await world.run.advance(500);
    world.append(listingStatusChanged, { key: null, bytes });
    await world.run.advance(100);
    expect(world.clock.now() - world.store.stateOf(9).sinceAt).toBeLessThanOrEqual(100);
  });

  test('waits until every bucket has taken it', async () => {
    await fiveApplied();
    world.store.faults.unreachable.add(3);
    world.append(listingStatusChanged, { key: null, bytes });
    await world.seconds(3);
    expect([world.run.parked().length, world.committed()]).toEqual([0, 5n]);
    world.store.faults.unreachable.clear();
    await world.seconds(8);
    expect([world.run.parked().length, world.committed()]).toEqual([1, 6n]);
  });
});

describe('while Kafka does not say where the log ends', () => {
  test('nothing is marked; it is told once, and once when it is over', async () => {
    const { app, waits } = await fiveApplied();
    const t = world.markOf(0)?.untilAt;
    app.faults.lookUpDown = true;
    world.relay.publish();
    await world.seconds(4);
    expect([world.markOf(0)?.untilAt, waits]).toEqual([t, ['KAFKA_UNAVAILABLE']]);
    app.faults.lookUpDown = false;
    await world.seconds(2);
    expect([world.markOf(0)?.untilAt, waits]).toEqual([
      world.relay.state.publishedUntilAt,
      ['KAFKA_UNAVAILABLE', 'recovered'],
    ]);
  });

  test('a replay waits, and comes', async () => {
    const { app } = await fiveApplied();
    const memory = world.store.stateOf(3);
    world.change('p1', 6);
    await world.seconds(2);
    world.applied.splice(0);
    app.faults.lookUpDown = true;
    world.store.failOver(() => memory);
    await world.seconds(3);
    expect(world.applied).toEqual([]);
    app.faults.lookUpDown = false;
    await world.seconds(3);
    expect([world.applied, markEverywhere()]).toEqual([['p1 6'], { nextOffset: 6n, untilAt: expect.any(Number) }]);
  });
});

test('a place that was taken under one assignment is not marked under the next', async () => {
  const store = memoryMarkStore();
  const report = { marked: () => {}, replayed: () => {}, lost: () => {}, appliedUntil: () => {} };
  const relay = { relayProgress: () => Promise.resolve(null) };
  const feed = new ChangeFeed({ store, relay, databaseNow: () => Promise.resolve(1), timedTopics: [], report });
  const at = { topic: 'changes', partition: 0 };
  await feed.startAt(at, { committed: 0n, earliest: 0n, end: 9n });
  let [assignment, onAsked] = [1, (): void => undefined];
  feed.attach({
    positions: () => [{ ...at, assignment, appliedOffset: assignment === 1 ? 9n : 4n }],
    rangesOf: (list) => Promise.resolve(list.map(() => (onAsked(), { earliest: 0n, end: 9n }))),
    rewind: () => Promise.resolve(),
  });
  const marked = async () => (await store.read())[0]?.partitions['changes/0']?.nextOffset;
  onAsked = () => (assignment = 2);
  await feed.round();
  expect(await marked()).toBeUndefined();
  await feed.round();
  expect(await marked()).toBe(4n);
});

import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { topics } from '@porchlight/contracts';
import { bucketOf, BUCKETS } from '@porchlight/estimate-cache';
import { allBuckets, createFeedWorld, fiveApplied, homes, type FeedWorld } from './testing/feed-world.ts';

const { listingStatusChanged } = topics;

let world: FeedWorld;
beforeEach(() => {
  world = createFeedWorld();
});
afterEach(() => world.close());

/** A home in this bucket, and one in another. */
const [awayHome = ''] = homes;
const awayBucket = bucketOf(awayHome);
const otherHome = homes.find((home) => bucketOf(home) !== awayBucket) ?? '';

describe('a Redis with an older memory', () => {
  test('is noticed by its run, and gets again what it has forgotten', async () => {
    const { replayed, lost } = await fiveApplied(world);
    const memory = world.store.stateOf(3);
    for (const version of [6, 7, 8]) world.change('p1', version);
    await world.seconds(2);
    world.applied.splice(0);
    world.store.failOver(() => memory);
    await world.seconds(3);
    expect(world.applied).toEqual(['p1 6', 'p1 7', 'p1 8']);
    expect([world.markEverywhere(), world.committed()]).toEqual([{ nextOffset: 8n, untilAt: expect.any(Number) }, 8n]);
    expect([replayed, lost]).toEqual([[`${listingStatusChanged.name}/0 3`], []]);
  });

  test('is not given T before it has everything again', async () => {
    await fiveApplied(world);
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
    expect(world.markEverywhere()).toEqual({ nextOffset: 6n, untilAt: world.relay.state.publishedUntilAt });
  });

  test('under the same run, in one bucket alone, is noticed by its offset; the others keep what they have', async () => {
    await fiveApplied(world);
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
    expect([world.applied, world.markEverywhere(), world.committed()]).toEqual([
      ['p1 6'],
      { nextOffset: 6n, untilAt: expect.any(Number) },
      6n,
    ]);
  });

  test('that remembers nothing gets no replay: the position is taken, and values checked before are checked once more', async () => {
    const { replayed, lost } = await fiveApplied(world);
    world.applied.splice(0);
    await world.seconds(4);
    world.store.failOver();
    await world.seconds(2);
    expect([world.applied, replayed, lost]).toEqual([[], [], []]);
    expect(world.markEverywhere()).toMatchObject({ nextOffset: 5n });
    expect(world.clock.now() - world.store.stateOf(9).sinceAt).toBeLessThanOrEqual(2_000);
  });

  test('older than the log gets no replay either, and somebody is told', async () => {
    const { replayed, lost } = await fiveApplied(world);
    const memory = world.store.stateOf(3);
    for (const version of [6, 7, 8]) world.change('p1', version);
    await world.seconds(2);
    world.applied.splice(0);
    world.run.log.deleteBefore({ topic: listingStatusChanged.name, partition: 0 }, 6n);
    world.store.failOver(() => memory);
    await world.seconds(3);
    expect([world.applied, replayed, lost]).toEqual([[], [], [`${listingStatusChanged.name}/0 ${BUCKETS}`]]);
    expect(world.markEverywhere()).toMatchObject({ nextOffset: 8n });
    expect(world.clock.now() - world.store.stateOf(9).sinceAt).toBeLessThanOrEqual(3_000);
  });
});

describe('a bucket that cannot be reached', () => {
  test('holds back its own mark and the group’s offset, and no other bucket', async () => {
    await fiveApplied(world);
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
    await fiveApplied(world);
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
    await fiveApplied(world);
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

import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { topics } from '@porchlight/contracts';
import { allBuckets, createFeedWorld, fiveApplied, type FeedWorld } from './testing/feed-world.ts';

const { listingStatusChanged } = topics;

let world: FeedWorld;
beforeEach(() => {
  world = createFeedWorld();
});
afterEach(() => world.close());

describe('a change that names no home', () => {
  const bytes = Buffer.from('not avro');

  test('has every value checked once more, before it is parked', async () => {
    await fiveApplied(world);
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
    await fiveApplied(world);
    world.store.faults.unreachable.add(3);
    world.append(listingStatusChanged, { key: null, bytes });
    await world.seconds(3);
    expect([world.run.parked().length, world.committed()]).toEqual([0, 5n]);
    world.store.faults.unreachable.clear();
    await world.seconds(8);
    expect([world.run.parked().length, world.committed()]).toEqual([1, 6n]);
  });
});

import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { topics } from '@porchlight/contracts';
import { allBuckets, createFeedWorld, fiveApplied, homeIn, type FeedWorld } from './testing/feed-world.ts';

const { listingStatusChanged } = topics;

let world: FeedWorld;
beforeEach(() => {
  world = createFeedWorld();
});
afterEach(() => world.close());

describe('an assignment', () => {
  test('begins where the lowest bucket is, though the group’s offset is further', async () => {
    const { app, loop } = await fiveApplied(world);
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
    expect(world.markEverywhere()).toMatchObject({ nextOffset: 5n });
  });

  test('begins at the group’s offset while Redis does not answer', async () => {
    const { app, loop } = await fiveApplied(world);
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
    const { app, loop } = await fiveApplied(world);
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
    const { app } = await fiveApplied(world);
    const t = world.markOf(0)?.untilAt;
    app.faults.membershipUnsure = true;
    world.relay.publish();
    await world.seconds(3);
    expect(world.markOf(0)).toEqual({ nextOffset: 5n, untilAt: t });
  });
});

import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { topics } from '@porchlight/contracts';
import { memoryMarkStore } from '@porchlight/estimate-cache';
import { ChangeFeed } from './change-feed.ts';
import { createFeedWorld, fiveApplied, type FeedWorld } from './testing/feed-world.ts';

const { estimateUpdated, mlsRuleChanged } = topics;

let world: FeedWorld;
beforeEach(() => {
  world = createFeedWorld();
});
afterEach(() => world.close());

describe('once a second, with or without traffic', () => {
  test('every bucket is told how far each partition is applied, and up to when', async () => {
    await world.start();
    const t = world.relay.publish();
    await world.seconds(3);
    expect(world.markEverywhere()).toEqual({ nextOffset: 0n, untilAt: t });
    await world.seconds(10);
    const later = world.relay.publish();
    await world.seconds(1);
    expect(world.markEverywhere()).toEqual({ nextOffset: 0n, untilAt: later });
    expect([world.markOf(7, mlsRuleChanged), world.markOf(7, estimateUpdated)]).toEqual([
      { nextOffset: 0n, untilAt: later },
      { nextOffset: 0n, untilAt: expect.any(Number) },
    ]);
  });

  test('a mark follows what is applied, and the group’s offset follows the marks', async () => {
    const { marked } = await fiveApplied(world);
    expect([world.markEverywhere(), world.committed()]).toEqual([{ nextOffset: 5n, untilAt: expect.any(Number) }, 5n]);
    expect(new Set(marked)).toEqual(new Set(['missing', 'reset', 'marked']));
  });

  test('nothing is committed that is not marked', async () => {
    const { loop } = await fiveApplied(world);
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
    expect([world.markEverywhere(), process.appliedUntil()]).toEqual([{ nextOffset: 0n, untilAt: before }, before]);
    release();
    await world.seconds(2);
    expect([world.markEverywhere(), process.appliedUntil()]).toEqual([{ nextOffset: 1n, untilAt: after }, after]);
  });

  test('stands still while the relay does, and while its row cannot be read; offsets go on', async () => {
    await fiveApplied(world);
    const t = world.markOf(0)?.untilAt;
    world.change('p1', 6);
    await world.seconds(5);
    expect(world.markEverywhere()).toEqual({ nextOffset: 6n, untilAt: t });
    world.relay.publish();
    world.relay.state.down = true;
    world.change('p1', 7);
    await world.seconds(5);
    expect(world.markEverywhere()).toEqual({ nextOffset: 7n, untilAt: t });
  });

  test('of what the relay does not write is the primary’s clock, once all that lay in the log then is applied; the relay holds it up no more than its row', async () => {
    const process = await world.start();
    const published = world.relay.publish();
    await world.seconds(30); // the relay stands still, and its row can be read
    const quiet = world.markOf(7, estimateUpdated)?.untilAt ?? 0;
    expect(quiet).toBeGreaterThan(published + 28_000);
    expect(quiet).toBeLessThanOrEqual(world.clock.now());
    let release = (): void => undefined;
    world.faults.held = new Promise((resolve) => (release = resolve));
    world.append(estimateUpdated, {
      partition: 0,
      key: 'p1',
      value: { propertyId: 'p1', estimateVersion: 1, estimate: null },
    });
    await world.seconds(1);
    const before = world.markOf(7, estimateUpdated)?.untilAt ?? 0;
    await world.seconds(20);
    expect(world.markOf(7, estimateUpdated)).toEqual({ nextOffset: 0n, untilAt: before });
    release();
    await world.seconds(2);
    const after = world.markOf(7, estimateUpdated);
    expect([after?.nextOffset, (after?.untilAt ?? 0) > before + 18_000]).toEqual([1n, true]);
    // The gauge tells of what the database writes, as before.
    expect(process.appliedUntil()).toBe(published);
  });

  test('moves under traffic that never rests', async () => {
    await fiveApplied(world);
    const before = world.markOf(0)?.untilAt ?? 0;
    for (let version = 6; version < 60; version += 1) {
      world.relay.publish();
      world.change('p1', version);
      await world.run.advance(100);
    }
    expect((world.markOf(0)?.untilAt ?? 0) - before).toBeGreaterThan(3_000);
  });
});

describe('while Kafka does not say where the log ends', () => {
  test('nothing is marked; it is told once, and once when it is over', async () => {
    const { app, waits } = await fiveApplied(world);
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
    const { app } = await fiveApplied(world);
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
    expect([world.applied, world.markEverywhere()]).toEqual([
      ['p1 6'],
      { nextOffset: 6n, untilAt: expect.any(Number) },
    ]);
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

import { expect } from '@jest/globals';
import type { MarkStory } from './mark-story.ts';
import type { MarkWorld } from './mark-world.ts';

export type MarkScenarios = Record<string, (bucket: MarkStory, world: MarkWorld) => Promise<void>>;

/** Beyond 2^53, where Lua's numbers are no longer whole. */
const FAR = 9_007_199_254_740_993n;

export const markScenarios: MarkScenarios = {
  'a bucket that remembers nothing says so, and stores nothing': async (bucket, world) => {
    expect(await bucket.mark({ to: 10n, until: 500 })).toEqual([
      { outcome: 'missing', run: await world.run(bucket.bucket) },
    ]);
    expect(await bucket.state()).toEqual({ partitions: {}, sinceAt: 0 });
  },
  'a position that is taken covers only what is checked from then on': async (bucket) => {
    expect(await bucket.reset(10n, 500)).toEqual(['reset']);
    expect(await bucket.state()).toEqual({
      partitions: { [bucket.nameOf()]: { nextOffset: 10n, untilAt: null } },
      sinceAt: 500,
    });
  },
  'an interval that joins on to what is remembered raises offset and T': async (bucket) => {
    await bucket.reset(10n, 500);
    expect(await bucket.mark({ from: 10n, to: 12n, until: 700 })).toEqual([{ outcome: 'marked', nextOffset: 12n }]);
    expect(await bucket.remembered()).toEqual([12n, 700]);
  },
  'an interval that overlaps what is remembered raises it too': async (bucket) => {
    await bucket.reset(10n, 500);
    expect(await bucket.mark({ from: 3n, to: 12n })).toEqual([{ outcome: 'marked', nextOffset: 12n }]);
  },
  'a mark only goes up: an owner from before takes nothing back': async (bucket) => {
    await bucket.reset(10n, 500);
    await bucket.mark({ from: 10n, to: 20n, until: 900 });
    expect(await bucket.mark({ from: 10n, to: 15n, until: 800 })).toEqual([{ outcome: 'marked', nextOffset: 20n }]);
    expect(await bucket.remembered()).toEqual([20n, 900]);
  },
  "a T that sinks is taken from who has come as far: the primary's clock was set back": async (bucket) => {
    await bucket.reset(10n, 500);
    await bucket.mark({ to: 10n, until: 900 });
    await bucket.mark({ to: 10n, until: 600 });
    expect(await bucket.remembered()).toEqual([10n, 600]);
  },
  'a mark without T keeps the T that it has': async (bucket) => {
    await bucket.reset(10n, 500);
    await bucket.mark({ to: 10n, until: 900 });
    await bucket.mark({ from: 10n, to: 11n });
    expect(await bucket.remembered()).toEqual([11n, 900]);
  },
  'an interval of another run is refused, with what is remembered': async (bucket, world) => {
    await bucket.reset(10n, 500);
    const run = await world.run(bucket.bucket);
    expect(await bucket.mark({ to: 12n, from: 10n, run: 'another' })).toEqual([
      { outcome: 'changed', run, nextOffset: 10n },
    ]);
    expect(await bucket.remembered()).toEqual([10n, null]);
  },
  'who does not know the run is told it, and claims nothing': async (bucket, world) => {
    await bucket.reset(10n, 500);
    const run = await world.run(bucket.bucket);
    expect(await bucket.mark({ to: 12n, from: 1n, until: 700, run: null })).toEqual([
      { outcome: 'changed', run, nextOffset: 10n },
    ]);
    expect(await bucket.remembered()).toEqual([10n, null]);
  },
  'an interval that leaves a gap is refused, with what is remembered': async (bucket, world) => {
    await bucket.reset(10n, 500);
    expect(await bucket.mark({ from: 11n, to: 12n, until: 700 })).toEqual([
      { outcome: 'lower', run: await world.run(bucket.bucket), nextOffset: 10n },
    ]);
    expect(await bucket.remembered()).toEqual([10n, null]);
  },
  'a memory that somebody put back under the same run is noticed by the gap': async (bucket, world) => {
    await bucket.reset(10n, 500);
    await bucket.mark({ from: 10n, to: 30n, until: 900 });
    await world.plant(bucket.bucket, bucket.nameOf(), '20|600');
    expect(await bucket.mark({ from: 30n, to: 31n, until: 950 })).toMatchObject([
      { outcome: 'lower', nextOffset: 20n },
    ]);
    expect(await bucket.remembered()).toEqual([20n, 600]);
  },
  'offsets are compared as whole numbers, however long': async (bucket) => {
    await bucket.reset(FAR, 500);
    expect(await bucket.mark({ from: FAR + 1n, to: FAR + 2n })).toMatchObject([{ outcome: 'lower', nextOffset: FAR }]);
    expect(await bucket.mark({ from: FAR, to: FAR + 2n })).toEqual([{ outcome: 'marked', nextOffset: FAR + 2n }]);
    expect(await bucket.mark({ from: 9n, to: 10n })).toEqual([{ outcome: 'marked', nextOffset: FAR + 2n }]);
  },
  'a position may be taken below what is remembered: the log is another': async (bucket) => {
    await bucket.reset(1_000n, 500);
    await bucket.mark({ to: 1_000n, until: 700 });
    await bucket.reset(20n, 900);
    expect(await bucket.remembered()).toEqual([20n, null]);
    expect(await bucket.state()).toMatchObject({ sinceAt: 900 });
  },
  'who comes late with what he saw takes nothing back': async (bucket) => {
    expect(await bucket.reset(10n, 500, { offset: null })).toEqual(['reset']);
    expect(await bucket.reset(5n, 600, { offset: null })).toEqual(['kept']);
    expect(await bucket.reset(5n, 600, { offset: 9n })).toEqual(['kept']);
    expect(await bucket.state()).toMatchObject({ sinceAt: 500 });
    expect(await bucket.remembered()).toEqual([10n, null]);
  },
  'since never sinks, and a topic that the database does not write leaves it': async (bucket) => {
    await bucket.reset(10n, 500);
    await bucket.reset(11n, 400);
    await bucket.reset(12n, null);
    expect(await bucket.state()).toMatchObject({ sinceAt: 500 });
    expect(await bucket.remembered()).toEqual([12n, null]);
  },
  'partitions are remembered each for itself': async (bucket, world) => {
    await bucket.reset(10n, 500);
    const run = await world.run(bucket.bucket);
    expect(
      await bucket.mark({ to: 11n, from: 10n, until: 700 }, { to: 5n, partition: 1 }, { to: 4n, partition: 10 }),
    ).toEqual([
      { outcome: 'marked', nextOffset: 11n },
      { outcome: 'missing', run },
      { outcome: 'missing', run },
    ]);
    expect(Object.keys((await bucket.state())?.partitions ?? {})).toEqual([bucket.nameOf()]);
  },
  'buckets are remembered each for itself, and all are read at once': async (bucket, world) => {
    await bucket.reset(10n, 500);
    const read = await world.store.read();
    expect(read).toHaveLength(128);
    expect(read.flatMap((mark, i) => (mark === null || mark.sinceAt === 0 ? [] : [i]))).toEqual([bucket.bucket]);
  },
  'a reading says of whose memory it is, also where nothing is remembered': async (bucket, world) => {
    await bucket.reset(10n, 500);
    const read = await world.store.read();
    for (const each of [bucket.bucket, 100]) expect(read[each]?.run).toBe(await world.run(each));
  },
  'a new since reaches every bucket, and makes none remember more': async (bucket, world) => {
    await bucket.reset(10n, 500);
    expect(await world.store.raiseSince(800)).toEqual([]);
    expect(await world.store.raiseSince(700)).toEqual([]);
    expect((await world.store.read()).map((mark) => mark?.sinceAt)).toEqual(Array.from({ length: 128 }, () => 800));
    expect(await bucket.remembered()).toEqual([10n, null]);
  },
  'what nobody here wrote is not remembered, and is replaced': async (bucket, world) => {
    await bucket.reset(10n, 500);
    await world.plant(bucket.bucket, bucket.nameOf(), '12;900');
    expect(await bucket.mark({ to: 10n })).toMatchObject([{ outcome: 'missing' }]);
    expect(await bucket.remembered()).toBeUndefined();
    await bucket.reset(10n, 600);
    expect(await bucket.remembered()).toEqual([10n, null]);
  },
  'with a since that cannot be read nothing counts, until it is raised': async (bucket, world) => {
    await bucket.reset(10n, 500);
    await world.plant(bucket.bucket, 's', 'yesterday');
    expect((await bucket.state())?.partitions).toEqual({});
    await world.store.raiseSince(600);
    expect(await bucket.state()).toMatchObject({ sinceAt: 600 });
  },
  'a key of another type is no mark, and is replaced': async (bucket, world) => {
    await world.plantForeign?.(bucket.bucket);
    expect(await bucket.state()).toEqual({ partitions: {}, sinceAt: 0 });
    expect((await world.store.read())[bucket.bucket]?.run).toBe(await world.run(bucket.bucket));
    expect(await bucket.mark({ to: 10n })).toMatchObject([{ outcome: 'missing' }]);
    expect(await bucket.reset(10n, 500)).toEqual(['reset']);
    expect(await bucket.remembered()).toEqual([10n, null]);
  },
  'what cannot be stored is refused before anything is': async (bucket, world) => {
    const refused = { code: 'BAD_CACHE_ENTRY' };
    await expect(bucket.reset(-1n, 500)).rejects.toMatchObject(refused);
    await expect(bucket.reset(1n, 0.5)).rejects.toMatchObject(refused);
    await expect(bucket.mark({ from: 2n, to: 1n })).rejects.toMatchObject(refused);
    await expect(bucket.mark({ to: 2n ** 63n })).rejects.toMatchObject(refused);
    await expect(bucket.mark({ to: 1n, partition: -1 })).rejects.toMatchObject(refused);
    const strange = { topic: 'a b', partition: 0, seenOffset: null, nextOffset: 1n, sinceAt: null };
    await expect(world.store.reset([{ bucket: bucket.bucket, commands: [strange] }])).rejects.toMatchObject(refused);
    await expect(world.store.mark([{ bucket: 128, commands: [] }])).rejects.toMatchObject(refused);
    await expect(world.store.raiseSince(Number.NaN)).rejects.toMatchObject(refused);
    expect(await bucket.state()).toEqual({ partitions: {}, sinceAt: 0 });
  },
};

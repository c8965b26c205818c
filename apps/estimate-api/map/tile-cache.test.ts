import { expect, test } from '@jest/globals';
import type { Tile } from '@porchlight/geo';
import { ManualClock } from '@porchlight/stream';
import { TileCache } from './tile-cache.ts';

const tile = (x: number): Tile => ({ zoom: 16, x, y: 1 });
const keyOf = ({ zoom, x, y }: Tile): string => `${zoom}/${x}/${y}`;

function bench(weightMax = 100) {
  const clock = new ManualClock();
  const cache = new TileCache<string>({
    clock,
    ttlMs: 60_000,
    olderAfterMs: 100,
    weightMax,
    weightOf: (value) => value.length,
  });
  const reads: number[][] = [];
  const state = { prefix: 'v', fails: false, gate: Promise.resolve() };
  const load = async (tiles: readonly Tile[]) => {
    reads.push(tiles.map(({ x }) => x));
    await state.gate;
    if (state.fails) throw new Error('no database');
    return new Map(tiles.map((each) => [keyOf(each), `${state.prefix}${each.x}`]));
  };
  const get = async (...xs: number[]) => [...(await cache.get(xs.map(tile), load)).values()].sort();
  return { clock, cache, reads, state, get };
}

test('a tile is read once in 60 s, together with what else is missing', async () => {
  const { clock, reads, state, get } = bench();
  expect(await get(1, 2)).toEqual(['v1', 'v2']);
  expect(await get(2, 3)).toEqual(['v2', 'v3']);
  state.prefix = 'w';
  await clock.advance(59_999);
  expect(await get(1)).toEqual(['v1']);
  await clock.advance(1);
  expect(await get(1)).toEqual(['w1']);
  expect(reads).toEqual([[1, 2], [3], [1]]);
});

test('a tile that is being read is waited for', async () => {
  const { reads, state, get } = bench();
  const { promise, resolve } = Promise.withResolvers<void>();
  state.gate = promise;
  const both = Promise.all([get(1, 2), get(2, 3)]);
  resolve();
  expect(await both).toEqual([
    ['v1', 'v2'],
    ['v2', 'v3'],
  ]);
  expect(reads).toEqual([[1, 2], [3]]);
});

test('what was used longest ago goes first, and the bound holds', async () => {
  const { cache, reads, get } = bench(6);
  await get(1);
  await get(2);
  await get(3);
  await get(1);
  await get(4);
  expect(cache.weight).toBe(6);
  await get(1);
  await get(2);
  expect(reads).toEqual([[1], [2], [3], [4], [2]]);
});

test('a reading that fails is told, unless older knowledge of every tile is at hand', async () => {
  const { clock, state, get } = bench();
  await get(1);
  await clock.advance(60_000);
  state.fails = true;
  expect(await get(1)).toEqual(['v1']);
  await expect(get(1, 2)).rejects.toThrow('no database');
  state.fails = false;
  state.prefix = 'w';
  expect(await get(1, 2)).toEqual(['w1', 'w2']);
});

test('a herd that comes for tiles that are not known reads them once', async () => {
  const { reads, state, get } = bench();
  const { promise, resolve } = Promise.withResolvers<void>();
  state.gate = promise;
  const herd = Promise.all(Array.from({ length: 500 }, () => get(1, 2, 3)));
  resolve();
  expect(new Set((await herd).map(String))).toEqual(new Set(['v1,v2,v3']));
  expect(reads).toEqual([[1, 2, 3]]);
});

test('a database that hangs costs a moment where older knowledge of every tile is at hand, and is asked once', async () => {
  const { clock, reads, state, get } = bench();
  await get(1, 2);
  await clock.advance(60_000);
  const { promise, resolve } = Promise.withResolvers<void>();
  state.gate = promise;
  state.prefix = 'w';
  const said: string[][] = [];
  const asking = Promise.all([get(1, 2), get(2)].map(async (one) => said.push(await one)));
  await clock.advance(99);
  expect(said).toEqual([]);
  await clock.advance(1);
  await asking;
  expect(said.sort()).toEqual([['v1', 'v2'], ['v2']].sort());
  const unknown = get(2, 3);
  await clock.advance(5_000); // nothing older of one of them is at hand: it is waited for
  expect(reads).toEqual([[1, 2], [1, 2], [3]]);
  resolve();
  expect(await unknown).toEqual(['w2', 'w3']);
  expect(await get(1, 2)).toEqual(['w1', 'w2']);
});

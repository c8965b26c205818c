import { expect, test } from '@jest/globals';
import { boundsOf, parseTileKey, tileKey, type Tile } from '@porchlight/geo';
import { ManualClock } from '@porchlight/stream';
import { createTileHomes } from './tile-homes.ts';

const tileOf = (x: number): Tile => ({ zoom: 15, x, y: 1 });

/** Homes in the middle of a tile. */
function homesOf(tile: Tile, count: number) {
  const { west, east, south, north } = boundsOf(tile);
  const place = { latitude: (south + north) / 2, longitude: (west + east) / 2 };
  return Array.from({ length: count }, (_, at) => ({ propertyId: `${tile.x}-${at}`, ...place }));
}

function setUp({ homesMax = 100, perTile = 2 } = {}) {
  const clock = new ManualClock();
  const asked: string[][] = [];
  const catalog = {
    async homesInTiles(tiles: readonly Tile[]) {
      asked.push(tiles.map(tileKey));
      return new Map(tiles.map((tile) => [tileKey(tile), homesOf(tile, perTile)]));
    },
  };
  return { clock, asked, tileHomes: createTileHomes({ catalog, clock, keepMs: 60_000, homesMax, perTileMax: 1_000 }) };
}

test('a list is read once and used for a minute, only what is missing is read, and all in one call', async () => {
  const { clock, asked, tileHomes } = setUp();
  await tileHomes.of([tileOf(1), tileOf(2)]);
  await clock.advance(60_000);
  const found = await tileHomes.of([tileOf(2), tileOf(3)]);
  expect(asked).toEqual([['15/1/1', '15/2/1'], ['15/3/1']]);
  expect([...found].map(([key, homes]) => [key, homes.map(({ propertyId }) => propertyId)])).toEqual([
    ['15/2/1', ['2-0', '2-1']],
    ['15/3/1', ['3-0', '3-1']],
  ]);
});

test('after its minute a list is read again', async () => {
  const { clock, asked, tileHomes } = setUp();
  await tileHomes.of([tileOf(1)]);
  await clock.advance(60_001);
  await tileHomes.of([tileOf(1)]);
  expect(asked).toEqual([['15/1/1'], ['15/1/1']]);
});

test('memory is bounded by homes: the list used longest ago goes first, and the answer is whole all the same', async () => {
  const { asked, tileHomes } = setUp({ homesMax: 6 }); // a list of two weighs three
  await tileHomes.of([tileOf(1), tileOf(2)]);
  await tileHomes.of([tileOf(1)]);
  const found = await tileHomes.of([tileOf(3)]);
  expect([...found.keys()]).toEqual(['15/3/1']);
  expect(tileHomes.held()).toBe(6);
  await tileHomes.of([tileOf(1), tileOf(2)]);
  expect(asked.at(-1)).toEqual(['15/2/1']);
});

test('a list larger than the memory is answered and not kept', async () => {
  const { tileHomes } = setUp({ homesMax: 2, perTile: 5 });
  expect((await tileHomes.of([tileOf(1)])).get('15/1/1')?.length).toBe(5);
  expect(tileHomes.held()).toBe(0);
});

test('two records that miss one tile at once keep its weight once', async () => {
  const { tileHomes } = setUp();
  await Promise.all([tileHomes.of([tileOf(1)]), tileHomes.of([tileOf(1)])]);
  expect(tileHomes.held()).toBe(3);
});

test('a deeper tile has its part of the list of zoom 15, which is read once for all zooms', async () => {
  const { asked, tileHomes } = setUp();
  await tileHomes.of([tileOf(1)]);
  const quarters = ['16/2/2', '16/3/2', '16/2/3', '16/3/3'].map(parseTileKey);
  const found = await tileHomes.of(quarters);
  expect(asked).toEqual([['15/1/1']]);
  // the middle of a tile is the corner of its south-east quarter, and a tile owns its north and west edges
  expect([...found].map(([key, homes]) => [key, homes.length])).toEqual([
    ['16/2/2', 0],
    ['16/3/2', 0],
    ['16/2/3', 0],
    ['16/3/3', 2],
  ]);
});

test('a tile wider than any that is forecast is a caller’s bug', async () => {
  await expect(setUp().tileHomes.of([parseTileKey('14/1/1')])).rejects.toThrow(RangeError);
});

import { expect, test } from '@jest/globals';
import { tileKey, type Tile } from '@porchlight/geo';
import { ManualClock } from '@porchlight/stream';
import { createTileHomes } from './tile-homes.ts';

const tileAt = (x: number): Tile => ({ zoom: 16, x, y: 1 });
const homesOf = (tile: Tile, count: number) =>
  Array.from({ length: count }, (_, at) => ({ propertyId: `${tile.x}-${at}`, latitude: 47, longitude: -122 }));

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
  await tileHomes.of([tileAt(1), tileAt(2)]);
  await clock.advance(60_000);
  const found = await tileHomes.of([tileAt(2), tileAt(3)]);
  expect(asked).toEqual([['16/1/1', '16/2/1'], ['16/3/1']]);
  expect([...found].map(([key, homes]) => [key, homes.map(({ propertyId }) => propertyId)])).toEqual([
    ['16/2/1', ['2-0', '2-1']],
    ['16/3/1', ['3-0', '3-1']],
  ]);
});

test('after its minute a list is read again', async () => {
  const { clock, asked, tileHomes } = setUp();
  await tileHomes.of([tileAt(1)]);
  await clock.advance(60_001);
  await tileHomes.of([tileAt(1)]);
  expect(asked).toEqual([['16/1/1'], ['16/1/1']]);
});

test('memory is bounded by homes: the list used longest ago goes first, and the answer is whole all the same', async () => {
  const { asked, tileHomes } = setUp({ homesMax: 6 }); // a list of two weighs three
  await tileHomes.of([tileAt(1), tileAt(2)]);
  await tileHomes.of([tileAt(1)]);
  const found = await tileHomes.of([tileAt(3)]);
  expect([...found.keys()]).toEqual(['16/3/1']);
  expect(tileHomes.held()).toBe(6);
  await tileHomes.of([tileAt(1), tileAt(2)]);
  expect(asked.at(-1)).toEqual(['16/2/1']);
});

test('a list larger than the memory is answered and not kept', async () => {
  const { tileHomes } = setUp({ homesMax: 2, perTile: 5 });
  expect((await tileHomes.of([tileAt(1)])).get('16/1/1')?.length).toBe(5);
  expect(tileHomes.held()).toBe(0);
});

test('two records that miss one tile at once keep its weight once', async () => {
  const { tileHomes } = setUp();
  await Promise.all([tileHomes.of([tileAt(1)]), tileHomes.of([tileAt(1)])]);
  expect(tileHomes.held()).toBe(3);
});

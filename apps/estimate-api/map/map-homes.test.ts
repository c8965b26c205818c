import { expect, test } from '@jest/globals';
import { boundsOf, centreOf, tileAt, type Tile } from '@porchlight/geo';
import { memoryCatalog } from '@porchlight/property-catalog/testing';
import { ManualClock } from '@porchlight/stream';
import { createMapHomes, defaultMapLimits, LIST_ZOOM } from './map-homes.ts';

const CORNER = { latitude: 47.6, longitude: -122.3 };
const TILE: Tile = tileAt(CORNER, LIST_ZOOM);
const VIEW = boundsOf(TILE);

function bench(perTileMax: number) {
  const clock = new ManualClock();
  const catalog = memoryCatalog({ now: () => clock.now() });
  const reads: number[][] = [];
  const map = createMapHomes(
    {
      densityOf: catalog.densityOf.bind(catalog),
      homesInTiles: async (tiles, limits) => {
        reads.push([...new Set(tiles.map(({ zoom }) => zoom))]);
        return await catalog.homesInTiles(tiles, limits);
      },
    },
    clock,
    { ...defaultMapLimits, perTileMax },
  );
  const add = (propertyId: string, place: { latitude: number; longitude: number }): void =>
    catalog.addProperty({ propertyId, ...place, status: 'active', mlsId: null, overrideLevel: null });
  const idsIn = async (limit = 500) => {
    const { homes, truncated } = await map.homesIn(VIEW, limit);
    return { ids: homes.map(({ propertyId }) => propertyId), truncated };
  };
  return { add, idsIn, reads };
}

test('a tile with more homes than are read at once is read in quarters: none is hidden behind its neighbours', async () => {
  const { add, idsIn, reads } = bench(3);
  const { latitude, longitude } = centreOf(VIEW);
  const ids = Array.from({ length: 8 }, (_, at) => `h${at}`);
  // Four in one corner, so that its quarter is full as well, and four in the opposite one.
  for (const [at, id] of ids.entries()) {
    const step = (at % 4) * 0.0004 + 0.0002;
    const sign = at < 4 ? 1 : -1;
    add(id, { latitude: latitude + sign * step * 0.6, longitude: longitude - sign * step });
  }
  expect(await idsIn()).toEqual({ ids, truncated: false });
  expect(reads.map(([zoom]) => zoom)).toEqual(Array.from(reads, (_, at) => LIST_ZOOM + at));
  expect(await idsIn(5)).toEqual({ ids: ids.slice(0, 5), truncated: true });
});

test('more homes on one spot than are read of the smallest tile: that there are more is said', async () => {
  const { add, idsIn } = bench(3);
  for (const id of ['a', 'b', 'c', 'd']) add(id, centreOf(VIEW));
  expect(await idsIn()).toEqual({ ids: ['a', 'b', 'c'], truncated: true });
});

test('a tile that fits is read once, and again only when it may have changed', async () => {
  const { add, idsIn, reads } = bench(3);
  for (const id of ['b', 'a']) add(id, centreOf(VIEW));
  expect([await idsIn(), await idsIn(1)]).toEqual([
    { ids: ['a', 'b'], truncated: false },
    { ids: ['a'], truncated: true },
  ]);
  expect(reads).toEqual([[LIST_ZOOM]]);
});

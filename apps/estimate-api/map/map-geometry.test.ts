import { describe, expect, test } from '@jest/globals';
import { LATITUDE_MAX, type Viewport } from '@porchlight/geo';
import { memoryCatalog } from '@porchlight/property-catalog/testing';
import { ManualClock } from '@porchlight/stream';
import fc from 'fast-check';
import { createMapHomes, defaultMapLimits } from './map-homes.ts';

interface Place {
  readonly latitude: number;
  readonly longitude: number;
}

/** Degrees of a small screen; at most 20 tiles of LIST_ZOOM each way. */
const SPAN_MAX = 0.1;

/** To the east of -180, 0 above to 360. */
const eastOf = (longitude: number): number => (((longitude + 180) % 360) + 360) % 360;
const longitudeAt = (east: number): number => eastOf(east - 180) - 180;

/**
 * On the screen or not, worked out in another way than the code does: by how far east of the screen's west edge a home is.
 * West and north edges are its own, east and south ones its neighbours'.
 */
const isInView = ({ latitude, longitude }: Place, { west, south, east, north }: Viewport): boolean => {
  const isBetween = latitude > south && latitude <= north;
  return isBetween && eastOf(longitude - west - 180) < eastOf(east - west - 180);
};

/** A tenth of a millimetre: closer to the edge of a tile than that, rounding decides, and it is nobody's promise. */
const GRID = 1e9;
const onGrid = (degrees: number): number => Math.round(degrees * GRID) / GRID + 0;

/** Where screens and homes are: anywhere, and around the antimeridian and the ends of the map. */
const corners = fc.oneof(
  fc.record({
    west: fc.double({ min: -180, max: 179.9, noNaN: true }),
    north: fc.double({ min: -85, max: LATITUDE_MAX, noNaN: true }),
  }),
  fc.record({
    west: fc.double({ min: 179.9, max: 179.999, noNaN: true }),
    north: fc.constantFrom(-17, 0.01, 60, LATITUDE_MAX, -85),
  }),
  fc.constantFrom({ west: 179.95, north: 0.05 }, { west: -180, north: LATITUDE_MAX }, { west: 179.9, north: -85 }),
);
const screens: fc.Arbitrary<Viewport> = fc
  .tuple(
    corners,
    fc.double({ min: 0.001, max: SPAN_MAX, noNaN: true }),
    fc.double({ min: 0.001, max: SPAN_MAX, noNaN: true }),
  )
  .map(
    ([{ west, north }, wide, high]) =>
      [onGrid(west), Math.min(LATITUDE_MAX, onGrid(north)), onGrid(wide), onGrid(high)] as const,
  )
  .map(([west, north, wide, high]) => ({
    west,
    north,
    east: west + wide > 180 ? west + wide - 360 : west + wide,
    // At the end of the map a degree of latitude is 12 tiles for one at the equator.
    south: Math.max(-LATITUDE_MAX, north - (Math.abs(north) > 80 ? high / 12 : high)),
  }))
  .filter(({ west, east, south, north }) => west !== east && south < north);

/** Homes on and around the screen, edges and corners among them. */
const placesAround = ({ west, south, east, north }: Viewport): fc.Arbitrary<Place> => {
  const wide = eastOf(east - west - 180);
  // On an edge, or clearly on one side of it: what a rounding error away is nobody's promise.
  const share = fc.oneof(
    fc.constantFrom(0, 1, 0.5),
    fc.double({ min: -0.5, max: -0.001, noNaN: true }),
    fc.double({ min: 0.001, max: 0.999, noNaN: true }),
    fc.double({ min: 1.001, max: 1.5, noNaN: true }),
  );
  return fc.tuple(share, share).map(([eastward, northward]) => {
    const longitude = eastward === 0 ? west : eastward === 1 ? east : longitudeAt(eastOf(west) + eastward * wide);
    const latitude = northward === 0 ? south : northward === 1 ? north : south + northward * (north - south);
    return {
      latitude: Math.min(LATITUDE_MAX, Math.max(-LATITUDE_MAX, latitude)),
      longitude: longitude === 180 ? -180 : longitude, // one meridian, one name
    };
  });
};
const scenes = screens.chain((viewport) =>
  fc.record({ viewport: fc.constant(viewport), places: fc.array(placesAround(viewport), { maxLength: 40 }) }),
);

function mapOf(places: readonly Place[], limits: Partial<typeof defaultMapLimits> = {}) {
  const clock = new ManualClock();
  const catalog = memoryCatalog({ now: () => clock.now() });
  const homes = places.map((place, at) => ({ propertyId: `h${(at * 7_919) % 10_007}`, ...place }));
  for (const home of homes) catalog.addProperty({ ...home, status: 'active', mlsId: null, overrideLevel: null });
  const map = createMapHomes(catalog, clock, { ...defaultMapLimits, ...limits });
  const expected = (viewport: Viewport): string[] =>
    homes
      .filter((home) => isInView(home, viewport))
      .map(({ propertyId }) => propertyId)
      .sort();
  return { map, catalog, expected };
}

describe('every home in the viewport is in the answer, and no other', () => {
  test('anywhere, across the antimeridian and at the ends of the map, in order of id, whole or cut', async () => {
    await fc.assert(
      fc.asyncProperty(scenes, fc.integer({ min: 1, max: 45 }), async ({ viewport, places }, limit) => {
        const { map, expected } = mapOf(places, { perTileMax: 5 });
        const all = expected(viewport);
        const { homes, truncated } = await map.homesIn(viewport, limit);
        const found = homes.map(({ propertyId }) => propertyId);
        // Five on one spot are all that is read of the smallest tile: then that there may be more is said.
        const isWhole = !truncated || all.length > limit;
        expect(found).toEqual(isWhole ? all.slice(0, limit) : all.filter((id) => found.includes(id)));
        if (all.length > limit) expect(truncated).toBe(true);
        if (new Set(places.map((place) => JSON.stringify(place))).size === places.length && all.length <= limit) {
          expect(found).toEqual(all);
        }
      }),
      { numRuns: 300 },
    );
  });

  test('two screens that touch share no home and lose none, also where they touch at the antimeridian', async () => {
    const north = 10;
    const south = 9.95;
    const longitudes = [179.97, 179.98, -180, -179.99, -179.98, 179.99];
    const { map } = mapOf(longitudes.map((longitude) => ({ latitude: 9.97, longitude })));
    const idsIn = async (west: number, east: number) =>
      (await map.homesIn({ west, south, east, north }, 100)).homes.map(({ longitude }) => longitude);
    expect((await idsIn(179.975, 180)).sort()).toEqual([179.98, 179.99]);
    expect((await idsIn(-180, -179.985)).sort()).toEqual([-179.99, -180].sort());
    expect((await idsIn(179.975, -179.985)).sort()).toEqual([179.98, 179.99, -180, -179.99].sort());
  });

  test('as many as the limit is not truncated, one more is', async () => {
    const places = Array.from({ length: 5_000 }, (_, at) => ({
      latitude: 47.6 + (at % 100) * 0.0001,
      longitude: -122.3 + Math.floor(at / 100) * 0.0001,
    }));
    const { map, expected } = mapOf(places);
    const viewport = { west: -122.31, south: 47.595, east: -122.29, north: 47.615 };
    const whole = await map.homesIn(viewport, 5_000);
    expect([whole.homes.length, whole.truncated]).toEqual([5_000, false]);
    expect(whole.homes.map(({ propertyId }) => propertyId)).toEqual(expected(viewport));
    const cut = await map.homesIn(viewport, 4_999);
    expect([cut.homes.length, cut.truncated]).toEqual([4_999, true]);
  });
});

test('density counts every home of every tile that the viewport touches, at every zoom that fits, once', async () => {
  await fc.assert(
    fc.asyncProperty(scenes, fc.integer({ min: 0, max: 16 }), async ({ viewport, places }, zoom) => {
      const { map, catalog } = mapOf(places);
      const counted = await map.densityIn(viewport, zoom);
      const keys = counted.map(({ tile }) => `${tile.zoom}/${tile.x}/${tile.y}`);
      expect(new Set(keys).size).toBe(keys.length);
      const homes = await catalog.homesInTiles(
        counted.map(({ tile }) => tile),
        { perTileMax: 1_000 },
      );
      expect(counted.map(({ count }) => count)).toEqual(keys.map((key) => homes.get(key)?.length));
      // Whatever is on the screen is counted.
      const all = counted.reduce((sum, { count }) => sum + count, 0);
      expect(all).toBeGreaterThanOrEqual(places.filter((place) => isInView(place, viewport)).length);
    }),
    { numRuns: 200 },
  );
});

test('from as far as there is, half the world is one or two tiles; from too near for its width it is refused', async () => {
  const { map } = mapOf([{ latitude: 47.6, longitude: -122.3 }]);
  const world = { west: -180, south: -85, east: -1, north: 85 };
  expect(await map.densityIn(world, 0)).toEqual([{ tile: { zoom: 0, x: 0, y: 0 }, count: 1 }]);
  expect((await map.densityIn(world, 1)).length).toBe(1);
  await expect(map.densityIn(world, 7)).rejects.toMatchObject({ code: 'TOO_MANY_TILES' });
  await expect(map.homesIn(world, 500)).rejects.toMatchObject({ code: 'TOO_MANY_TILES' });
});

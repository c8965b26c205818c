import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { boundsOf, isWithin, parseTileKey, tileAt, tileKey, viewportProblem } from './index.ts';
import { points, tilesUpTo } from './testing/places.ts';

const seattle = { latitude: 47.6062, longitude: -122.3321 };

describe('tileAt', () => {
  test('gives the tile that every web map gives', () => {
    expect(tileAt(seattle, 15)).toEqual({ zoom: 15, x: 5249, y: 11443 });
    expect(tileAt(seattle, 0)).toEqual({ zoom: 0, x: 0, y: 0 });
    expect(tileAt({ latitude: 0, longitude: 0 }, 1)).toEqual({ zoom: 1, x: 1, y: 1 });
  });

  test('gives the ends of the map to the last tile', () => {
    expect(tileAt({ latitude: -85.0511, longitude: 180 }, 3)).toEqual({ zoom: 3, x: 7, y: 7 });
    expect(tileAt({ latitude: 85.0511, longitude: -180 }, 3)).toEqual({ zoom: 3, x: 0, y: 0 });
  });

  test.each([
    [{ latitude: 85.0512, longitude: 0 }],
    [{ latitude: -90, longitude: 0 }],
    [{ latitude: 0, longitude: 180.1 }],
    [{ latitude: Number.NaN, longitude: 0 }],
    [{ latitude: 0, longitude: Number.POSITIVE_INFINITY }],
  ])('refuses a point outside the map: %j', (point) => {
    expect(() => tileAt(point, 10)).toThrow(expect.objectContaining({ code: 'OFF_THE_MAP', fate: 'park' }));
  });

  test.each([-1, 1.5, 27, Number.NaN])('refuses zoom %p as a bug', (zoom) => {
    expect(() => tileAt(seattle, zoom)).toThrow(RangeError);
  });

  test('gives a tile that contains the point, and its parent at the zoom below', () => {
    fc.assert(
      fc.property(points, fc.integer({ min: 1, max: 22 }), (point, zoom) => {
        const tile = tileAt(point, zoom);
        const bounds = boundsOf(tile);
        const nearEdge = 1e-9; // degrees: what a projection and its inverse may differ by
        expect(point.longitude).toBeGreaterThanOrEqual(bounds.west - nearEdge);
        expect(point.longitude).toBeLessThanOrEqual(bounds.east + nearEdge);
        expect(point.latitude).toBeGreaterThanOrEqual(bounds.south - nearEdge);
        expect(point.latitude).toBeLessThanOrEqual(bounds.north + nearEdge);
        expect(tileAt(point, zoom - 1)).toEqual({ zoom: zoom - 1, x: tile.x >> 1, y: tile.y >> 1 });
      }),
    );
  });

  test('agrees with the bounds inside of the tile', () => {
    const insides = fc.double({ min: 0.001, max: 0.999, noNaN: true });
    fc.assert(
      fc.property(tilesUpTo(20), insides, insides, (tile, east, north) => {
        const bounds = boundsOf(tile);
        const point = {
          latitude: bounds.south + north * (bounds.north - bounds.south),
          longitude: bounds.west + east * (bounds.east - bounds.west),
        };
        expect(tileAt(point, tile.zoom)).toEqual(tile);
        expect(isWithin(point, bounds)).toBe(true);
      }),
    );
  });
});

describe('tile keys', () => {
  test('come back as they went out', () => {
    expect(tileKey({ zoom: 16, x: 10496, y: 22886 })).toBe('16/10496/22886');
    fc.assert(fc.property(tilesUpTo(26), (tile) => expect(parseTileKey(tileKey(tile))).toEqual(tile)));
  });

  test.each([
    '',
    '16',
    '16/1',
    '16/1/2/3',
    '16/01/2',
    '2/4/0',
    '2/0/4',
    '-1/0/0',
    '27/0/0',
    '1/0.5/0',
    ' 1/0/0',
    '1/0/0\n',
  ])('are refused when they name no tile: %j', (key) => {
    expect(() => parseTileKey(key)).toThrow(expect.objectContaining({ code: 'BAD_TILE_KEY', fate: 'park' }));
  });
});

test('the bounds of every tile from zoom 1 to 19 are a viewport that may be asked for', () => {
  fc.assert(
    fc.property(
      tilesUpTo(19).filter(({ zoom }) => zoom > 0),
      (tile) => expect(viewportProblem(boundsOf(tile))).toBeNull(),
    ),
  );
});

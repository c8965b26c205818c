import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { boundsOf, countTiles, isWithin, tileAt, tileKey, tilesOf } from './index.ts';
import { points, tilesUpTo, viewports } from './testing/places.ts';

describe('tilesOf', () => {
  test('goes row by row from the north-west', () => {
    expect(tilesOf({ west: -90, south: -60, east: 80, north: 60 }, 2).map(tileKey)).toEqual([
      '2/1/1',
      '2/2/1',
      '2/1/2',
      '2/2/2',
    ]);
  });

  test('is the tile alone for the bounds of a tile', () => {
    fc.assert(fc.property(tilesUpTo(19), (tile) => expect(tilesOf(boundsOf(tile), tile.zoom)).toEqual([tile])));
  });

  test('goes on at the other side of the antimeridian', () => {
    expect(tilesOf({ west: 170, south: 1, east: -170, north: 2 }, 3).map(tileKey)).toEqual(['3/7/3', '3/0/3']);
  });

  test('covers every point of the viewport, and each tile once', () => {
    const places = fc.double({ min: 0.001, max: 0.999, noNaN: true });
    fc.assert(
      fc.property(viewports, places, places, fc.integer({ min: 0, max: 11 }), (viewport, eastward, northward, zoom) => {
        const wide = (viewport.east - viewport.west + 360) % 360;
        const longitude = viewport.west + eastward * wide;
        const point = {
          latitude: viewport.south + northward * (viewport.north - viewport.south),
          longitude: longitude > 180 ? longitude - 360 : longitude,
        };
        const keys = tilesOf(viewport, zoom).map(tileKey);
        expect(isWithin(point, viewport)).toBe(true);
        expect(keys).toContain(tileKey(tileAt(point, zoom)));
        expect(new Set(keys).size).toBe(keys.length);
        expect(keys.length).toBe(countTiles(viewport, zoom));
      }),
    );
  });

  test('holds nothing that the viewport does not touch', () => {
    fc.assert(
      fc.property(viewports, points, (viewport, point) => {
        const keys = tilesOf(viewport, 8).map(tileKey);
        const { west, south, east, north } = boundsOf(tileAt(point, 8));
        const clear =
          south > viewport.north ||
          north < viewport.south ||
          (viewport.west < viewport.east && (west > viewport.east || east < viewport.west));
        fc.pre(clear);
        expect(keys).not.toContain(tileKey(tileAt(point, 8)));
      }),
    );
  });

  test('refuses more tiles than its limit, before it lists them', () => {
    const world = { west: -90, south: -85, east: 90, north: 85 };
    expect(() => tilesOf(world, 15)).toThrow(expect.objectContaining({ code: 'TOO_MANY_TILES', fate: 'park' }));
    expect(() => tilesOf(world, 1, 3)).toThrow('4 tiles at zoom 1, at most 3');
    expect(tilesOf(world, 1, 4)).toHaveLength(4);
    expect(countTiles(world, 26)).toBeGreaterThan(1e15);
  });
});

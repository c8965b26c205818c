import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { MORTON_ZOOM, mortonOf, mortonRangeOf, tileAt } from './index.ts';
import { points, tilesUpTo } from './testing/places.ts';

/** Bit by bit, as the definition says; slow. */
const interleavedSlowly = (x: number, y: number): bigint =>
  Array.from({ length: MORTON_ZOOM }, (_, bit) => BigInt((x >>> bit) & 1) | (BigInt((y >>> bit) & 1) << 1n)).reduce(
    (code, pair, bit) => code | (pair << BigInt(2 * bit)),
    0n,
  );

describe('mortonOf', () => {
  test('interleaves the bits of the tile at zoom 22', () => {
    fc.assert(
      fc.property(points, (point) => {
        const { x, y } = tileAt(point, MORTON_ZOOM);
        expect(mortonOf(point)).toBe(interleavedSlowly(x, y));
      }),
    );
  });

  test('runs from the north-west end of the map to the south-east one', () => {
    expect(mortonOf({ latitude: 85.0511, longitude: -180 })).toBeLessThan(2n ** 20n);
    expect(mortonOf({ latitude: -85.0511, longitude: 180 })).toBeGreaterThan(2n ** 44n - 2n ** 20n);
    expect(mortonOf({ latitude: -85.0511, longitude: 180 })).toBeLessThan(2n ** 44n);
  });
});

describe('mortonRangeOf', () => {
  test('holds a point if and only if the tile does', () => {
    fc.assert(
      fc.property(points, tilesUpTo(MORTON_ZOOM), (point, other) => {
        const own = tileAt(point, other.zoom);
        const code = mortonOf(point);
        for (const tile of [own, other, { ...own, x: Math.max(0, own.x - 1) }, { ...own, y: Math.max(0, own.y - 1) }]) {
          const { from, to } = mortonRangeOf(tile);
          const isInTile = tile.x === own.x && tile.y === own.y;
          expect(code >= from && code < to).toBe(isInTile);
        }
      }),
    );
  });

  test('is made of the ranges of the four tiles below it', () => {
    fc.assert(
      fc.property(tilesUpTo(MORTON_ZOOM - 1), ({ zoom, x, y }) => {
        const quarters = [0, 1, 2, 3].map((each) =>
          mortonRangeOf({ zoom: zoom + 1, x: 2 * x + (each & 1), y: 2 * y + (each >> 1) }),
        );
        expect({ from: quarters[0]?.from, to: quarters[3]?.to }).toEqual(mortonRangeOf({ zoom, x, y }));
        expect(quarters.slice(1).map(({ from }) => from)).toEqual(quarters.slice(0, 3).map(({ to }) => to));
      }),
    );
  });

  test('refuses a tile deeper than the codes', () => {
    expect(() => mortonRangeOf({ zoom: 23, x: 0, y: 0 })).toThrow(RangeError);
  });
});

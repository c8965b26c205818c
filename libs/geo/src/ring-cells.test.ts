import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { boundsOf, ringCells, thinRingCells, tileKey, tilesOf, viewportAround } from './index.ts';
import { viewports } from './testing/places.ts';

const keys = (tiles: { zoom: number; x: number; y: number }[]): string[] => tiles.map(tileKey);
const screen = viewportAround(
  { latitude: 47.6, longitude: -122.3 },
  { zoom: 16, widthPixels: 1280, heightPixels: 800 },
);

describe('ringCells', () => {
  test('of one tile are its eight neighbours, sides before corners', () => {
    expect(keys(ringCells(boundsOf({ zoom: 5, x: 10, y: 10 }), 5))).toEqual([
      '5/10/9',
      '5/9/10',
      '5/11/10',
      '5/10/11',
      '5/9/9',
      '5/11/9',
      '5/9/11',
      '5/11/11',
    ]);
  });

  test('stop at the end of the map and go on across the antimeridian', () => {
    expect(keys(ringCells(boundsOf({ zoom: 3, x: 7, y: 0 }), 3)).sort()).toEqual([
      '3/0/0',
      '3/0/1',
      '3/6/0',
      '3/6/1',
      '3/7/1',
    ]);
  });

  test('name no tile twice where they reach round the world', () => {
    const cells = keys(ringCells({ west: -80, south: -10, east: 80, north: 10 }, 2));
    expect(cells.sort()).toEqual(['2/0/1', '2/0/2', '2/3/1', '2/3/2']);
  });

  test('hold none of the viewport, each cell once, and all of the thin ring', () => {
    fc.assert(
      fc.property(viewports, fc.integer({ min: 5, max: 9 }), (viewport, zoom) => {
        const cells = keys(ringCells(viewport, zoom));
        const own = new Set(keys(tilesOf(viewport, zoom)));
        expect(cells.filter((key) => own.has(key))).toEqual([]);
        expect(new Set(cells).size).toBe(cells.length);
        expect(cells).toEqual(expect.arrayContaining(keys(thinRingCells(viewport, zoom))));
      }),
    );
  });

  test('get farther from the centre', () => {
    const own = tilesOf(screen, 16);
    const mean = (all: number[]): number => all.reduce((sum, each) => sum + each, 0) / all.length;
    const [x, y] = [mean(own.map((tile) => tile.x)), mean(own.map((tile) => tile.y))];
    const far = ringCells(screen, 16).map((tile) => Math.hypot(tile.x - x, tile.y - y));
    expect(mean(far.slice(0, 20))).toBeLessThan(mean(far.slice(20, 40)));
    expect(mean(far.slice(20, 40))).toBeLessThan(mean(far.slice(-20)));
  });

  test('of a screen reach one viewport out on each side', () => {
    const cells = ringCells(screen, 16);
    const own = tilesOf(screen, 16);
    const reach = (pick: (tile: { x: number; y: number }) => number, all: { x: number; y: number }[]): number =>
      Math.max(...all.map(pick)) - Math.min(...all.map(pick)) + 1;
    // 1280 x 800 pixels are 5 x 3.125 tiles, so three times as much touches 15 or 16 columns and 10 or 11 rows
    expect([15, 16]).toContain(reach(({ x }) => x, cells));
    expect([10, 11]).toContain(reach(({ y }) => y, cells));
    expect(cells).toHaveLength(reach(({ x }) => x, cells) * reach(({ y }) => y, cells) - own.length);
  });

  test('refuse a zoom at which they would be too many', () => {
    expect(() => ringCells(screen, 20)).toThrow(expect.objectContaining({ code: 'TOO_MANY_TILES' }));
  });
});

test('thinRingCells of a block of four tiles are the twelve around it', () => {
  const block = { ...boundsOf({ zoom: 6, x: 20, y: 20 }), east: boundsOf({ zoom: 6, x: 21, y: 20 }).east };
  const four = { ...block, south: boundsOf({ zoom: 6, x: 20, y: 21 }).south };
  const cells = thinRingCells(four, 6);
  expect(cells).toHaveLength(12);
  expect(keys(cells).slice(-4).sort()).toEqual(['6/19/19', '6/19/22', '6/22/19', '6/22/22']);
});

import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { centreOf, countTiles, degreesWide, isWithin, viewportAround, viewportProblem } from './index.ts';
import { viewports } from './testing/places.ts';

const good = { west: -122.4, south: 47.5, east: -122.3, north: 47.6 };

describe('viewportProblem', () => {
  test('finds nothing wrong with a screen, with one across the antimeridian, and with one of exactly 180 degrees', () => {
    expect(viewportProblem(good)).toBeNull();
    expect(viewportProblem({ west: 179, south: -18, east: -179, north: -17 })).toBeNull();
    expect(viewportProblem({ west: -90, south: -85.0511, east: 90, north: 85.0511 })).toBeNull();
  });

  test.each([
    [{ west: Number.NaN }, 'viewport-not-a-number'],
    [{ north: Number.POSITIVE_INFINITY }, 'viewport-not-a-number'],
    [{ north: 85.06 }, 'viewport-beyond-latitude'],
    [{ south: -90 }, 'viewport-beyond-latitude'],
    [{ west: -180.01 }, 'viewport-beyond-longitude'],
    [{ east: 181 }, 'viewport-beyond-longitude'],
    [{ south: 47.6 }, 'viewport-empty'],
    [{ south: 48 }, 'viewport-empty'],
    [{ east: -122.4 }, 'viewport-empty'],
    [{ west: 180, east: -180 }, 'viewport-empty'],
    [{ west: -100, east: 81 }, 'viewport-too-wide'],
    [{ west: 10, east: -10 }, 'viewport-too-wide'],
  ])('refuses %j as %s', (change, problem) => {
    expect(viewportProblem({ ...good, ...change })).toBe(problem);
  });
});

describe('isWithin', () => {
  test('owns the west and north edges and not the others', () => {
    const inside = { latitude: 47.55, longitude: -122.35 };
    expect(isWithin(inside, good)).toBe(true);
    expect(isWithin({ ...inside, longitude: -122.4 }, good)).toBe(true);
    expect(isWithin({ ...inside, longitude: -122.3 }, good)).toBe(false);
    expect(isWithin({ ...inside, latitude: 47.6 }, good)).toBe(true);
    expect(isWithin({ ...inside, latitude: 47.5 }, good)).toBe(false);
  });

  test('sees both sides of the antimeridian and nothing else', () => {
    const fiji = { west: 179, south: -18, east: -179, north: -17 };
    expect(
      [179.5, -179.5, 180, -180, 178, -178, 0].map((longitude) => isWithin({ latitude: -17.5, longitude }, fiji)),
    ).toEqual([true, true, true, true, false, false, false]);
  });
});

describe('centreOf', () => {
  test('is on the screen, also across the antimeridian', () => {
    fc.assert(fc.property(viewports, (viewport) => expect(isWithin(centreOf(viewport), viewport)).toBe(true)));
  });

  test('crosses the antimeridian the short way', () => {
    expect(centreOf({ west: 178, south: -1, east: -176, north: 1 }).longitude).toBeCloseTo(-179, 9);
  });
});

describe('viewportAround', () => {
  const screen = { zoom: 15, widthPixels: 1280, heightPixels: 800 };

  test('has the asked for centre and the size of the screen', () => {
    const centre = { latitude: 47.6, longitude: -122.3 };
    const viewport = viewportAround(centre, screen);
    expect(centreOf(viewport).latitude).toBeCloseTo(47.6, 9);
    expect(centreOf(viewport).longitude).toBeCloseTo(-122.3, 9);
    expect(degreesWide(viewport)).toBeCloseTo((1280 / 256 / 2 ** 15) * 360, 9);
    expect(countTiles(viewport, 15)).toBeGreaterThanOrEqual(5 * 4);
    expect(countTiles(viewport, 15)).toBeLessThanOrEqual(6 * 5);
  });

  test('crosses the antimeridian and is cut at the end of the map', () => {
    const fiji = viewportAround({ latitude: -17.5, longitude: 179.999 }, screen);
    expect(fiji.west).toBeGreaterThan(fiji.east);
    expect(viewportProblem(fiji)).toBeNull();
    const north = viewportAround({ latitude: 85.0511, longitude: 0 }, screen);
    expect(north.north).toBe(85.0511);
    expect(viewportProblem(north)).toBeNull();
  });
});

import { expect, test } from '@jest/globals';
import { tileAt, tileKey } from '@porchlight/geo';
import { createDraws } from './draws.ts';
import { createPopularPlaces, PLACE_ZOOM } from './popular-places.ts';
import { scatteredCity } from './testing/grid-city.ts';

const homes = scatteredCity(8_000);

const countsWith = (exponent: number): number[] => {
  const place = createPopularPlaces(homes, { seed: 1, exponent });
  const draws = createDraws(2);
  const counts = new Map<string, number>();
  for (let each = 0; each < 60_000; each += 1) {
    const key = tileKey(tileAt(place(draws), PLACE_ZOOM));
    counts.set(key, (counts.get(key) ?? 0) + 1);
  }
  return [...counts.values()].sort((a, b) => b - a);
};

test('the k-th place begins as many sessions as k ** -exponent says', () => {
  const counts = countsWith(1);
  expect(Math.abs((counts[0] ?? 0) / (counts[3] ?? 1) - 4)).toBeLessThan(0.4);
  expect(Math.abs((counts[0] ?? 0) / (counts[9] ?? 1) - 10)).toBeLessThan(1.5);
});

test('with exponent 0 every tile is as popular as another', () => {
  const counts = countsWith(0);
  expect(counts.length).toBe(homes.settledTiles(PLACE_ZOOM).length);
  expect((counts[0] ?? 0) / (counts.at(-1) ?? 1)).toBeLessThan(2);
});

test('a place is a home', () => {
  const place = createPopularPlaces(homes, { seed: 1, exponent: 0.8 })(createDraws(3));
  const all = Array.from({ length: homes.size }, (_, number) => homes.placeOf(number));
  expect(all).toContainEqual(place);
});

test('a city without homes has none', () => {
  expect(() => createPopularPlaces(scatteredCity(0), { seed: 1, exponent: 1 })).toThrow(RangeError);
});

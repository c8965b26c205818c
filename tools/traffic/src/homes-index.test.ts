import { describe, expect, test } from '@jest/globals';
import { isWithin, viewportAround, type Viewport } from '@porchlight/geo';
import { createDraws } from './draws.ts';
import { createHomesIndex } from './homes-index.ts';
import { scatteredHomes } from './testing/grid-city.ts';

const homes = scatteredHomes(5_000);
// in any order: the index sorts by id
const index = createHomesIndex([...homes].reverse());

function* someViews(): Generator<Viewport> {
  const draws = createDraws(7);
  for (let view = 0; view < 60; view += 1) {
    const centre = { latitude: 47.62 + 0.11 * draws.uniform(), longitude: -122.43 + 0.16 * draws.uniform() };
    yield viewportAround(centre, { zoom: 14 + draws.below(5), widthPixels: 1280, heightPixels: 800 });
  }
}

describe('homesIn', () => {
  test('is what a look at every home finds: the first in order of id, and how many there are', () => {
    for (const viewport of someViews()) {
      const expected = homes.filter((home) => isWithin(home, viewport)).map(({ propertyId }) => propertyId);
      for (const limit of [1, 40, 500, 5_000]) {
        const { total, shown } = index.homesIn(viewport, limit);
        expect(total).toBe(expected.length);
        expect([...shown].map((number) => index.idOf(number))).toEqual(expected.slice(0, limit));
      }
    }
  });

  test('any draw is one of the homes in view', () => {
    for (const viewport of someViews()) {
      const inView = index.homesIn(viewport, 1);
      if (inView.total === 0) continue;
      for (const draw of [0, 0.5, 0.999999]) expect(isWithin(index.placeOf(inView.any(draw)), viewport)).toBe(true);
    }
  });
});

test('keeps what it was told of a home', () => {
  const one = createHomesIndex([
    { propertyId: 'b', latitude: 1, longitude: 2, isActive: true, level: 'agent' },
    { propertyId: 'a', latitude: 3, longitude: 4, isActive: false, level: 'nobody' },
  ]);
  expect([0, 1].map((number) => [one.idOf(number), one.isActive(number), one.levelOf(number)])).toEqual([
    ['a', false, 'nobody'],
    ['b', true, 'agent'],
  ]);
  expect(one.placeOf(1)).toEqual({ latitude: 1, longitude: 2 });
  expect(one.isSettled({ latitude: 1, longitude: 2 })).toBe(true);
  expect(one.isSettled({ latitude: 2, longitude: 3 })).toBe(false);
});

test('settled tiles hold every home once', () => {
  const all = index.settledTiles(16).flatMap((tile) => [...tile]);
  expect(all.sort((a, b) => a - b)).toEqual(homes.map((_, number) => number));
});

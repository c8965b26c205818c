import { expect, test } from '@jest/globals';
import { isWithin } from '@porchlight/geo';
import type { PlacedProperty } from '@porchlight/property-catalog';
import fc from 'fast-check';
import { firstInView } from './first-in-view.ts';
import { tileListOf, type TileList } from './tile-list.ts';

const VIEW = { west: 0, south: 0, east: 10, north: 10 };
const home = (propertyId: string, latitude = 5, longitude = 5): PlacedProperty => ({ propertyId, latitude, longitude });
const homes = fc.uniqueArray(
  fc.record({
    propertyId: fc.stringMatching(/^[A-Za-z0-9_-]{1,6}$/),
    latitude: fc.double({ min: -5, max: 15, noNaN: true }),
    longitude: fc.double({ min: -5, max: 15, noNaN: true }),
    list: fc.nat({ max: 7 }),
  }),
  { selector: ({ propertyId }) => propertyId, maxLength: 60 },
);

test('is what sorting all homes in view would give, however they are spread over lists', () => {
  fc.assert(
    fc.property(homes, fc.nat({ max: 70 }), (all, countMax) => {
      const lists = Array.from({ length: 8 }, (_, at) => tileListOf(all.filter(({ list }) => list === at)));
      const expected = all
        .filter((each) => isWithin(each, VIEW))
        .sort((one, other) => (one.propertyId < other.propertyId ? -1 : 1))
        .slice(0, countMax)
        .map(({ propertyId, latitude, longitude }) => ({ propertyId, latitude, longitude }));
      expect(firstInView(lists, VIEW, countMax)).toEqual(expected);
    }),
  );
});

test('of many homes only as many are looked at as are wanted, and one of each list', () => {
  let looks = 0;
  const watched = (list: TileList): TileList => ({
    ...list,
    idAt(at) {
      looks += 1;
      return list.idAt(at);
    },
  });
  const lists = Array.from({ length: 20 }, (_, tile) =>
    watched(tileListOf(Array.from({ length: 1_000 }, (_, at) => home(`h${String(at * 20 + tile).padStart(6, '0')}`)))),
  );
  const found = firstInView(lists, VIEW, 11);
  expect(found.map(({ propertyId }) => propertyId)).toEqual(
    Array.from({ length: 11 }, (_, at) => `h${String(at).padStart(6, '0')}`),
  );
  expect(looks).toBeLessThanOrEqual(20 + 11);
});

test('a list of homes is put in order of code units, and gives back what it was made of', () => {
  const list = tileListOf([home('b', 1, 2), home('a-long-id_', 3, 4), home('B', 5, 6)]);
  const kept = Array.from({ length: list.size }, (_, at) => [list.idAt(at), list.latitudeAt(at), list.longitudeAt(at)]);
  expect(kept).toEqual([
    ['B', 5, 6],
    ['a-long-id_', 3, 4],
    ['b', 1, 2],
  ]);
});

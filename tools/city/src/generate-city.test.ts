import { createHash } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import { isWithin } from '@porchlight/geo';
import { idPrefixOf, type City, type CityHome } from './city.ts';
import { densityOfTiles, unitsAtOnePointMax } from './density.ts';
import { CITY_HOMES_MAX, generateCity } from './generate-city.ts';

const hashOf = (city: City): string => {
  const hash = createHash('sha256').update(JSON.stringify(city.rules));
  for (const home of city) hash.update(JSON.stringify(home));
  return hash.digest('hex');
};

const shareOf = (homes: readonly CityHome[], holds: (home: CityHome) => boolean): number =>
  homes.filter(holds).length / homes.length;

describe('the standard city', () => {
  const city = generateCity({ homes: 120_000, seed: 1 });
  const homes = Array.from(city);

  test('has exactly the homes asked for, each with an id of its own that the contracts allow', () => {
    const ids = new Set(homes.map(({ propertyId }) => propertyId));
    expect(ids.size).toBe(120_000);
    expect([...ids].filter((id) => !/^kc-[0-9]{10}$/.test(id) || !/^[A-Za-z0-9_-]{1,64}$/.test(id))).toEqual([]);
  });

  test('has every home inside its clip', () => {
    expect(homes.filter((home) => !isWithin(home, city.clip))).toEqual([]);
  });

  // a whole real city, every unit counted: facts/traffic.md
  test.each([
    [16, { p50: 234, p95: 668, max: 951 }],
    [17, { p50: 73, p95: 233, max: 433 }],
  ])('is as dense at zoom %i as a real city, within 10 %%', (zoom, real) => {
    const { p50, p95, max } = densityOfTiles(city, zoom);
    const off = [p50 / real.p50, p95 / real.p95, max / real.max].map((ratio) => Math.abs(ratio - 1));
    expect(off.filter((share) => share > 0.1)).toEqual([]);
  });

  test('has a tower as large as the largest real one', () => expect(unitsAtOnePointMax(city)).toBe(431));

  test('keeps the shares it states', () => {
    expect(shareOf(homes, ({ status }) => status === 'active')).toBeCloseTo(0.02, 2);
    expect(shareOf(homes, ({ valueUsd }) => valueUsd === null)).toBeCloseTo(0.03, 2);
    expect(shareOf(homes, ({ mlsId }) => mlsId === null)).toBeCloseTo(0.04, 2);
    expect(shareOf(homes, ({ overrideLevel }) => overrideLevel !== null)).toBeCloseTo(0.005, 3);
  });

  test('has a rule for every MLS, and each kind of rule somewhere', () => {
    const ruled = new Set(city.rules.map(({ mlsId }) => mlsId));
    expect(homes.filter(({ mlsId }) => mlsId !== null && !ruled.has(mlsId))).toEqual([]);
    const kinds = new Set(city.rules.map(({ activeLevel, offMarketLevel }) => `${activeLevel}/${offMarketLevel}`));
    expect([...kinds].sort()).toEqual([
      'agent/agent',
      'nobody/verified',
      'registered/unregistered',
      'unregistered/registered',
      'unregistered/unregistered',
    ]);
  });

  test('lets everybody see most homes', () => {
    const open = new Set(city.rules.filter((rule) => rule.offMarketLevel === 'unregistered').map(({ mlsId }) => mlsId));
    expect(shareOf(homes, ({ mlsId }) => mlsId === null || open.has(mlsId))).toBeGreaterThan(0.7);
  });

  test('values homes at plausible whole dollars', () => {
    const values = homes.map(({ valueUsd }) => valueUsd ?? 100_000);
    expect(
      values.filter((valueUsd) => !Number.isInteger(valueUsd) || valueUsd < 50_000 || valueUsd > 20_000_000),
    ).toEqual([]);
  });
});

describe('a seed', () => {
  test('gives the same city again, and another seed another', () => {
    const hash = hashOf(generateCity({ homes: 3_000, seed: 7 }));
    expect(hashOf(generateCity({ homes: 3_000, seed: 7 }))).toBe(hash);
    expect(hashOf(generateCity({ homes: 3_000, seed: 8 }))).not.toBe(hash);
  });
});

test('another city has other ids: none is used again for another home', () => {
  const prefixes = [120_000, 119_999, 5_000].flatMap((homes) => [1, 2, 3].map((seed) => idPrefixOf({ homes, seed })));
  expect(new Set(prefixes).size).toBe(9);
  expect(
    generateCity({ homes: 10, seed: 1 })
      .idAt(3)
      .startsWith(idPrefixOf({ homes: 10, seed: 1 })),
  ).toBe(true);
});

test('an id says nothing about the place: neighbours in order of id are not neighbours on the map', () => {
  const city = generateCity({ homes: 10_000, seed: 1 });
  const numbers = Array.from(city, ({ propertyId }) => Number(propertyId.slice(3)));
  expect(numbers.filter((number, at) => Math.abs(number - (numbers[at - 1] ?? 0)) < 100).length).toBeLessThan(200);
});

test.each([1, 2, 17, 431])('a city may be as small as %i homes', (homes) => {
  const city = generateCity({ homes, seed: 1 });
  expect(new Set(Array.from(city, ({ propertyId }) => propertyId)).size).toBe(homes);
  expect(Array.from(city).filter((home) => !isWithin(home, city.clip))).toEqual([]);
});

test.each([
  { homes: 0, seed: 1 },
  { homes: CITY_HOMES_MAX + 1, seed: 1 },
  { homes: 1.5, seed: 1 },
  { homes: 10, seed: -1 },
])('refuses %o', (wish) => expect(() => generateCity(wish)).toThrow(RangeError));

test('there is no home outside the city', () => {
  const city = generateCity({ homes: 10, seed: 1 });
  expect(() => city.homeAt(10)).toThrow(RangeError);
  expect(() => city.homeAt(-1)).toThrow(RangeError);
});

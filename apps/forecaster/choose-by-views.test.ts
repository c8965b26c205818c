import { expect, test } from '@jest/globals';
import { chooseByViews, WORTH_MIN } from './choose-by-views.ts';
import { EVENT_IDS_MAX } from './choose-homes.ts';
import type { ForecastView } from './strategies/forecast-strategy.ts';

const viewport = { west: 0, south: 0, east: 1, north: 1 };
const cell = (x: number) => ({ tile: { zoom: 16, x, y: 1 }, probability: 0.22 });
const few = { viewport, propertyIds: ['a'], hitCount: 0, missedCount: 1 };
const east = (probability: number): ForecastView => ({ west: 0.5, south: 0, size: 1, probability });
const north = (probability: number): ForecastView => ({ west: 0, south: 0.5, size: 1, probability });
const closer = (probability: number): ForecastView => ({ west: 0, south: 0, size: 0.5, probability });
const idOf = (at: number) => `p${String(at).padStart(5, '0')}`;
/** Homes spread over the viewport, moved by so many viewports eastwards. */
const homesFrom = (first: number, count: number, eastwards: number) =>
  Array.from({ length: count }, (_, at) => ({
    propertyId: idOf(first + at),
    latitude: 0.01 + 0.98 * ((at * 0.618) % 1),
    longitude: eastwards + 0.01 + 0.98 * ((at * 0.414) % 1),
  }));
const cutAt = (drawn: number) => ({
  viewport,
  propertyIds: Array.from({ length: drawn }, (_, at) => idOf(at)),
  hitCount: drawn,
  missedCount: 0,
});

test('takes what the likeliest next views draw, and nothing that was answered', () => {
  const homes = new Map([
    [
      '16/1/1',
      [
        { propertyId: 'a', latitude: 0.5, longitude: 0.5 },
        { propertyId: 'far-east', latitude: 0.5, longitude: 1.8 },
        { propertyId: 'in-both', latitude: 0.9, longitude: 1.2 },
      ],
    ],
    [
      '16/2/1',
      [
        { propertyId: 'east', latitude: 0.2, longitude: 1.2 },
        { propertyId: 'north', latitude: 1.2, longitude: 0.2 },
      ],
    ],
  ]);
  const around: ForecastView = { west: 0.3, south: 0.3, size: 1, probability: 0.25 };
  const choose = (homesMax: number) =>
    chooseByViews(few, { cells: [cell(1), cell(2)], views: [east(0.5), north(0.125), around] }, homes, homesMax);
  expect(choose(10)).toEqual({
    cells: [
      { ...cell(1), probability: 0.75, propertyIds: ['in-both'] },
      { ...cell(2), probability: 0.3125, propertyIds: ['east', 'north'] },
    ],
    cut: 0,
  });
  const two = choose(2);
  expect(two.cells.map(({ propertyIds }) => propertyIds)).toEqual([['in-both'], ['east']]);
  expect(two.cut).toBe(1);
});

test('leaves what is hardly ever drawn', () => {
  const homes = new Map([['16/1/1', [{ propertyId: 'east', latitude: 0.5, longitude: 1.2 }]]]);
  const choose = (probability: number) =>
    chooseByViews(few, { cells: [cell(1)], views: [east(probability)] }, homes, 10).cells;
  expect(choose(WORTH_MIN - 0.001)).toEqual([]);
  expect(choose(WORTH_MIN)[0]?.propertyIds).toEqual(['east']);
});

test('a view that was cut draws later ids a step closer: homes inside it that nobody has drawn yet', () => {
  const homes = new Map([['16/1/1', homesFrom(0, 1_200, 0)]]);
  const { cells } = chooseByViews(cutAt(EVENT_IDS_MAX), { cells: [cell(1)], views: [closer(0.25)] }, homes, 1_000);
  const isCloser = ({ latitude, longitude }: { latitude: number; longitude: number }): boolean =>
    latitude <= 0.5 && longitude < 0.5;
  const expected = homesFrom(0, 1_200, 0)
    .filter((home, at) => at >= EVENT_IDS_MAX && isCloser(home))
    .map(({ propertyId }) => propertyId);
  expect(expected.length).toBeGreaterThan(100);
  expect(cells[0]?.propertyIds).toEqual(expected);
});

test('a next view that would be cut draws the first of its homes, not the later ones', () => {
  const homes = new Map([['16/2/1', homesFrom(2_000, 800, 0.5)]]);
  const { cells } = chooseByViews(few, { cells: [cell(2)], views: [east(0.25)] }, homes, 1_000);
  const outside = homesFrom(2_000, EVENT_IDS_MAX, 0.5).filter(({ longitude }) => longitude >= 1);
  expect(cells[0]?.propertyIds).toEqual(outside.map(({ propertyId }) => propertyId));
});

test('past the edge of a view that was cut the latest ids are not looked at, closer ones are', () => {
  const inside = homesFrom(0, 4 * EVENT_IDS_MAX, 0);
  const beside = [100, 900, 1_900].map((at) => ({ propertyId: `${idOf(at)}x`, latitude: 0.5, longitude: 1.2 }));
  const homes = new Map([
    ['16/1/1', inside],
    ['16/2/1', beside],
  ]);
  const onlyBeside: ForecastView = { west: 1.1, south: 0, size: 1, probability: 0.25 };
  const { cells } = chooseByViews(cutAt(EVENT_IDS_MAX), { cells: [cell(1), cell(2)], views: [onlyBeside] }, homes, 10);
  expect(cells.map(({ propertyIds }) => propertyIds)).toEqual([[`${idOf(100)}x`, `${idOf(900)}x`]]);
});

test('a map that drew more homes than its event names draws as many again, and is not asked for its own', () => {
  const drewAll = { ...cutAt(EVENT_IDS_MAX), hitCount: 600 };
  const homes = new Map([
    ['16/1/1', homesFrom(0, 600, 0)],
    ['16/2/1', homesFrom(2_000, 800, 1)],
  ]);
  const next: ForecastView = { west: 1, south: 0, size: 1, probability: 0.25 };
  const { cells } = chooseByViews(drewAll, { cells: [cell(1), cell(2)], views: [closer(0.5), next] }, homes, 1_000);
  expect(cells.map(({ tile, propertyIds }) => [tile.x, propertyIds.length])).toEqual([[2, 600]]);
});

test('across the antimeridian the homes past it are next door', () => {
  const across = { west: 179, south: 0, east: -179.5, north: 1 };
  const homes = new Map([
    [
      '16/1/1',
      [
        { propertyId: 'inside', latitude: 0.5, longitude: -179.8 },
        { propertyId: 'east', latitude: 0.5, longitude: -179.2 },
        { propertyId: 'west', latitude: 0.5, longitude: 178.8 },
      ],
    ],
  ]);
  const { cells } = chooseByViews({ ...few, viewport: across }, { cells: [cell(1)], views: [east(0.3)] }, homes, 10);
  expect(cells[0]?.propertyIds).toEqual(['east']);
});

import { expect, test } from '@jest/globals';
import { directionOf, DIRECTIONS, stepTowards } from './direction-of.ts';

const WIDE = 4;
const HIGH = 2;
const viewAt = (west: number, south: number, zoom = 17) => ({
  viewport: { west, south, east: west + WIDE, north: south + HIGH },
  zoom,
});
const here = viewAt(10, 20);

test.each(Array.from({ length: DIRECTIONS }, (_, direction) => direction))(
  'a pan by most of a viewport towards direction %i is recognized',
  (direction) => {
    const { east, north } = stepTowards(direction);
    expect(directionOf(here, viewAt(10 + 0.7 * WIDE * east, 20 + 0.7 * HIGH * north))).toBe(direction);
  },
);

test('east is 0, and the others follow counter-clockwise', () => {
  expect([0, 2, 4, 6].map(stepTowards)).toEqual([
    { east: 1, north: 0 },
    { east: 0, north: 1 },
    { east: -1, north: 0 },
    { east: 0, north: -1 },
  ]);
});

test.each([
  ['no move', viewAt(10, 20)],
  ['a hair', viewAt(10 + 0.05 * WIDE, 20)],
  ['a zoom', viewAt(10 + 0.5 * WIDE, 20, 18)],
  ['a jump', viewAt(10 + 2 * WIDE, 20)],
])('%s has no direction', (_what, next) => expect(directionOf(here, next)).toBeNull());

test('across the antimeridian a small step east is one', () => {
  const from = { viewport: { west: 178, south: 0, east: -178, north: 2 }, zoom: 17 };
  const to = { viewport: { west: -179, south: 0, east: -175, north: 2 }, zoom: 17 };
  expect(directionOf(from, to)).toBe(0);
  expect(directionOf(to, from)).toBe(4);
});

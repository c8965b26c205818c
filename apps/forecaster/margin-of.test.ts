import { expect, test } from '@jest/globals';
import { marginOf } from './margin-of.ts';

const viewport = { west: 10, south: 0, east: 14, north: 2 };

test.each([
  ['inside', { latitude: 1, longitude: 12 }, 0],
  ['half a viewport east', { latitude: 1, longitude: 16 }, 0.5],
  ['half a viewport west', { latitude: 1, longitude: 8 }, 0.5],
  ['half a viewport north', { latitude: 3, longitude: 12 }, 0.5],
  ['a viewport south', { latitude: -2, longitude: 12 }, 1],
  ['at a corner, by the farther side', { latitude: 2.5, longitude: 16 }, 0.5],
])('%s', (_where, point, margin) => expect(marginOf(point, viewport)).toBeCloseTo(margin));

test('across the antimeridian the short way counts', () => {
  const across = { west: 178, south: 0, east: -178, north: 4 };
  expect(marginOf({ latitude: 1, longitude: -176 }, across)).toBeCloseTo(0.5);
  expect(marginOf({ latitude: 1, longitude: 176 }, across)).toBeCloseTo(0.5);
  expect(marginOf({ latitude: 1, longitude: 179 }, across)).toBe(0);
});

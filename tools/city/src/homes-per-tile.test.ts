import { expect, test } from '@jest/globals';
import { apportion, HOMES_PER_TILE_MEAN, homesAtShare } from './homes-per-tile.ts';

test('shares of tiles meet the real quantiles', () => {
  expect([0, 0.5, 0.95, 1].map(homesAtShare)).toEqual([12, 234, 668, 951]);
});

test('the mean that the area is chosen by is the mean of the quantiles', () => {
  expect(Math.round(HOMES_PER_TILE_MEAN)).toBe(286);
});

test('apportioned numbers are whole, in proportion, and add up exactly', () => {
  expect(apportion([1, 1, 1], 10)).toEqual([4, 3, 3]);
  expect(apportion([0, 3, 1], 8)).toEqual([0, 6, 2]);
});

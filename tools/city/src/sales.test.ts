import { expect, test } from '@jest/globals';
import { latestSales, readKingCountySales } from './sales.ts';

const row = { id: '1', lat: '47.5', lon: '-122.2', zipcode: '98103' };

test('a home that was sold twice counts once, at its last price', () => {
  const sales = latestSales([
    { ...row, price_usd: '200', date: '2015-01-02' },
    { ...row, price_usd: '100', date: '2014-05-02' },
  ]);
  expect(sales).toEqual([{ latitude: 47.5, longitude: -122.2, priceUsd: 200, zipcode: '98103' }]);
});

test('the shipped file has the homes that its licence note says', () => {
  expect(readKingCountySales().length).toBe(21_436);
});

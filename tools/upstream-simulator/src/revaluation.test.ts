import { describe, expect, test } from '@jest/globals';
import { drawOf } from './property-draw.ts';
import { changePercentOf, intervalOf, revaluedUsd } from './revaluation.ts';

const HOMES = 50_000;

describe('a re-valuation', () => {
  const changes = Array.from({ length: HOMES }, (_, index) => changePercentOf(1, `home-${index}`, 2)).sort(
    (a, b) => a - b,
  );
  const at = (share: number): number => changes[Math.floor(share * HOMES)] ?? 0;

  test('moves values as a yearly one did: -0.3 % at p5, 4.1 % at p50, 12.9 % at p95', () => {
    expect(Math.abs(at(0.05) - -0.3)).toBeLessThan(0.2);
    expect(Math.abs(at(0.5) - 4.1)).toBeLessThan(0.2);
    expect(Math.abs(at(0.95) - 12.9)).toBeLessThan(0.3);
  });

  test('leaves three homes in a hundred as they were, and moves about one in seven by at most 1 %', () => {
    expect(Math.abs(changes.filter((change) => change === 0).length / HOMES - 0.03)).toBeLessThan(0.003);
    const small = changes.filter((change) => Math.abs(change) <= 1).length / HOMES;
    expect(Math.abs(small - 0.155)).toBeLessThan(0.02);
  });

  test('is the same for the same home and version', () => {
    expect(changePercentOf(1, 'a', 2)).toBe(changePercentOf(1, 'a', 2));
    expect(changePercentOf(1, 'a', 2)).not.toBe(changePercentOf(1, 'a', 3));
    expect(changePercentOf(1, 'a', 2)).not.toBe(changePercentOf(2, 'a', 2));
  });

  test('keeps whole dollars, at least one', () => {
    expect(revaluedUsd(500_000, 4.1)).toBe(520_500);
    expect(revaluedUsd(1, -99)).toBe(1);
  });
});

test('the interval holds the value, 4 to 12 % to each side, and belongs to the home', () => {
  const widths = Array.from({ length: 1_000 }, (_, index) => {
    const { lowUsd, highUsd } = intervalOf(1, `home-${index}`, 1_000_000);
    expect(1_000_000 - lowUsd).toBe(highUsd - 1_000_000);
    return (highUsd - 1_000_000) / 1_000_000;
  });
  expect(Math.min(...widths)).toBeGreaterThanOrEqual(0.04);
  expect(Math.max(...widths)).toBeLessThanOrEqual(0.12);
  expect(intervalOf(1, 'a', 1_000_000)).toEqual(intervalOf(1, 'a', 1_000_000));
});

test('draws are uniform and do not follow the salt', () => {
  const draws = Array.from({ length: 20_000 }, (_, index) => ({
    a: drawOf(1, `${index}`, 1),
    b: drawOf(1, `${index}`, 2),
  }));
  const mean = (pick: (each: { a: number; b: number }) => number): number =>
    draws.reduce((sum, each) => sum + pick(each), 0) / draws.length;
  expect(Math.abs(mean(({ a }) => a) - 0.5)).toBeLessThan(0.01);
  expect(Math.abs(mean(({ a, b }) => (a - 0.5) * (b - 0.5)))).toBeLessThan(0.002);
  for (let decile = 0; decile < 10; decile += 1) {
    const share = draws.filter(({ a }) => Math.floor(a * 10) === decile).length / draws.length;
    expect(Math.abs(share - 0.1)).toBeLessThan(0.01);
  }
});

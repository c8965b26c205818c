import { describe, expect, test } from '@jest/globals';
import { createLatency, logNormalMs, TALK_LATENCY } from './latency.ts';

const DRAWS = 100_000;

/** Quantiles of many draws; the seed is fixed, so these are values and not chances. */
const quantilesOf = (items: number): { p50: number; p90: number; slow: number } => {
  const latency = createLatency(TALK_LATENCY, 1);
  const drawn = Array.from({ length: DRAWS }, () => latency(items)).sort((a, b) => a - b);
  const at = (share: number): number => drawn[Math.floor(share * DRAWS)] ?? 0;
  return { p50: at(0.5), p90: at(0.9), slow: drawn.filter((ms) => ms === 1_000).length / DRAWS };
};

describe('drawn latency', () => {
  test('of a single call has the median and the 90th percentile of the talk', () => {
    const { p50, p90, slow } = quantilesOf(1);
    expect(Math.abs(p50 - 45)).toBeLessThan(0.5);
    expect(Math.abs(p90 - 102)).toBeLessThan(2);
    expect(Math.abs(slow - 0.001)).toBeLessThan(0.0003);
  });

  test('of a call for several has its own', () => {
    const { p50, p90 } = quantilesOf(100);
    expect(Math.abs(p50 - 58)).toBeLessThan(1);
    expect(Math.abs(p90 - 314)).toBeLessThan(8);
  });

  test('is the same for the same seed, and another for another', () => {
    const ten = (seed: number): number[] => {
      const latency = createLatency(TALK_LATENCY, seed);
      return Array.from({ length: 10 }, () => latency(1));
    };
    expect(ten(7)).toEqual(ten(7));
    expect(ten(7)).not.toEqual(ten(8));
  });

  test('goes through its two points exactly', () => {
    expect(logNormalMs({ medianMs: 45, p90Ms: 102 }, 0)).toBe(45);
    expect(logNormalMs({ medianMs: 45, p90Ms: 102 }, 1.2815515655446004)).toBeCloseTo(102, 9);
  });
});

test('fixed latency is what was set', () => {
  expect(createLatency({ kind: 'fixed', latencyMs: 12 }, 1)(5)).toBe(12);
});

import { describe, expect, test } from '@jest/globals';
import { zoomRatesOf } from './zoom-rates.ts';

const shares = { 13: 10.5, 14: 13.2, 15: 24.3, 16: 22.2, 17: 17.5, 18: 12.5 };

describe('zoom rates', () => {
  const rates = zoomRatesOf(shares, 0.45);
  const total = Object.values(shares).reduce((sum, share) => sum + share, 0);
  const flow = (zoom: number, way: 'in' | 'out'): number =>
    ((shares[zoom as keyof typeof shares] ?? 0) / total) * (rates.get(zoom)?.[way] ?? 0);

  test('send as many in across each pair of levels as out, so that the shares stay', () => {
    for (const zoom of [13, 14, 15, 16, 17]) expect(flow(zoom, 'in')).toBeCloseTo(flow(zoom + 1, 'out'), 12);
  });

  test('make up the share of zooms, half of it in', () => {
    const zooms = Object.keys(shares).map(Number);
    expect(zooms.reduce((sum, zoom) => sum + flow(zoom, 'in'), 0)).toBeCloseTo(0.225, 12);
    expect(zooms.reduce((sum, zoom) => sum + flow(zoom, 'out'), 0)).toBeCloseTo(0.225, 12);
  });

  test('never leave the levels there are', () => {
    expect(rates.get(13)?.out).toBe(0);
    expect(rates.get(18)?.in).toBe(0);
  });

  test('are none with a single level', () => {
    expect(zoomRatesOf({ 16: 1 }, 0.45)).toEqual(new Map([[16, { in: 0, out: 0 }]]));
  });

  test('refuse shares that would need more zooms than actions', () => {
    expect(() => zoomRatesOf({ 15: 1, 16: 1 }, 0.99)).not.toThrow();
    expect(() => zoomRatesOf({ 15: 100, 16: 1, 17: 100 }, 0.45)).toThrow(RangeError);
  });
});

import { describe, expect, test } from '@jest/globals';
import { createDraws, evenPositions } from './draws.ts';

describe('even positions', () => {
  test('with one coordinate keep a share of a fifth at two of ten, wherever they begin', () => {
    const counts = [1, 2, 3, 4, 5].map((seed) => {
      const next = evenPositions(createDraws(seed), 1);
      return Array.from({ length: 100 }, () => next()[0] ?? NaN).filter((at) => at < 0.2).length;
    });
    for (const count of counts) expect(Math.abs(count - 20)).toBeLessThanOrEqual(2);
  });

  test('are spread over pairs of coordinates too: a role is not bound to a screen', () => {
    const next = evenPositions(createDraws(1), 4);
    const points = Array.from({ length: 400 }, next);
    for (const [a, b] of [
      [0, 1],
      [0, 3],
      [1, 2],
      [2, 3],
    ] as const) {
      const both = points.filter((point) => (point[a] ?? 1) < 0.5 && (point[b] ?? 1) < 0.5).length;
      expect(Math.abs(both - 100)).toBeLessThanOrEqual(8);
    }
  });
});

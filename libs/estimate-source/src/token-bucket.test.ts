import { describe, expect, test } from '@jest/globals';
import type { Lane } from './port.ts';
import { budgetLimitsOf, drawTokens, type Tokens } from './token-bucket.ts';

const limits = budgetLimitsOf({ requestsPerS: 10, itemsPerS: 400, burstS: 1, reserveShare: 0.5 });

/** Draws one after the other; each draw at its own moment. @returns the outcomes and what is left */
function drawAll(draws: readonly { atMs: number; items?: number; lane?: Lane }[], of = limits) {
  let tokens: Tokens | null = null;
  const outcomes = draws.map(({ atMs, items = 1, lane = 'user' }) => {
    const drawn = drawTokens(tokens, { items, lane, limits: of }, atMs);
    ({ tokens } = drawn);
    return drawn.outcome;
  });
  return { outcomes, tokens };
}
const times = (count: number, draw: { atMs: number; items?: number; lane?: Lane }) =>
  Array.from({ length: count }, () => draw);

test('a full bucket gives its burst at once, then what flows in', () => {
  const { outcomes } = drawAll([...times(11, { atMs: 0 }), { atMs: 99 }, { atMs: 100 }, { atMs: 100 }]);
  expect(outcomes.filter((outcome) => outcome === 'ok')).toHaveLength(11);
  expect(outcomes.slice(10)).toEqual(['no-requests', 'no-requests', 'ok', 'no-requests']);
});

test('items have a bucket of their own, and a draw that is refused takes nothing from either', () => {
  const { outcomes, tokens } = drawAll([...times(4, { atMs: 0, items: 100 }), { atMs: 0, items: 1 }]);
  expect(outcomes).toEqual(['ok', 'ok', 'ok', 'ok', 'no-items']);
  expect(tokens).toEqual({ requests: 6, items: 0, filledAt: 0 });
});

describe('warm-ups', () => {
  test('leave the reserve, which users have at once', () => {
    const warm = times(9, { atMs: 0, lane: 'background' });
    const { outcomes } = drawAll([...warm, ...times(6, { atMs: 0 })]);
    expect(outcomes.slice(0, 9)).toEqual([...times(5, { atMs: 0 }).map(() => 'ok'), ...Array(4).fill('no-requests')]);
    expect(outcomes.slice(9)).toEqual([...Array(5).fill('ok'), 'no-requests']);
  });

  test('that ask on and on take nothing from users who spend all that flows in', () => {
    const draws = Array.from({ length: 50 }, (_, at) => [
      { atMs: at * 100 },
      { atMs: at * 100, lane: 'background' as const },
    ]);
    const { outcomes } = drawAll([...times(10, { atMs: 0 }), ...draws.flat().slice(2)]);
    const ofUsers = outcomes.slice(10).filter((_, at) => at % 2 === 0);
    const ofWarmUps = outcomes.slice(10).filter((_, at) => at % 2 === 1);
    expect([new Set(ofUsers), new Set(ofWarmUps)]).toEqual([new Set(['ok']), new Set(['no-requests'])]);
  });

  test('of a full call pass from a full bucket however small the budget is', () => {
    const small = budgetLimitsOf({ requestsPerS: 1, itemsPerS: 1, burstS: 1, reserveShare: 0.9 });
    expect(drawAll([{ atMs: 0, items: 100, lane: 'background' }], small).outcomes).toEqual(['ok']);
    expect(drawAll([{ atMs: 0, items: 100, lane: 'user' }], small).outcomes).toEqual(['ok']);
  });

  test('of a full call pass from a full bucket whatever share of it is the reserve', () => {
    const shares = Array.from({ length: 96 }, (_, percent) => percent / 100);
    const outcomes = shares.map((reserveShare) => {
      const small = budgetLimitsOf({ requestsPerS: 1, itemsPerS: 50, burstS: 1, reserveShare });
      return drawAll([{ atMs: 0, items: 100, lane: 'background' }], small).outcomes[0];
    });
    expect(new Set(outcomes)).toEqual(new Set(['ok']));
  });
});

test('no rate is no limit', () => {
  const none = budgetLimitsOf({ requestsPerS: 0, itemsPerS: 0, burstS: 1, reserveShare: 0.5 });
  expect(new Set(drawAll(times(1_000, { atMs: 0, items: 100, lane: 'background' }), none).outcomes)).toEqual(
    new Set(['ok']),
  );
});

test('a clock that goes back fills nothing, and goes on from there', () => {
  const { outcomes } = drawAll([...times(10, { atMs: 1_000 }), { atMs: 0 }, { atMs: 99 }, { atMs: 100 }]);
  expect(outcomes.slice(10)).toEqual(['no-requests', 'no-requests', 'ok']);
});

import { SOURCE_ITEMS_MAX } from './limits.ts';
import type { Lane } from './port.ts';

/** One bucket: `perS` tokens a second flow into it, up to `capacity`; background calls leave `reserve` of them in it. */
export interface BucketLimits {
  /** 0: no limit. */
  readonly perS: number;
  readonly capacity: number;
  readonly reserve: number;
}

/** What may be asked of upstream: requests, and the homes in them. */
export interface BudgetLimits {
  readonly requests: BucketLimits;
  readonly items: BucketLimits;
}

/** What is in both buckets, and when that was so; milliseconds of the clock of whoever keeps them. */
export interface Tokens {
  readonly requests: number;
  readonly items: number;
  readonly filledAt: number;
}

export interface TokenDraw {
  /** Homes of the call, 1..100. */
  readonly items: number;
  readonly lane: Lane;
  readonly limits: BudgetLimits;
}

export type DrawOutcome = 'ok' | 'no-requests' | 'no-items';

export interface BudgetOptions {
  /** 0: no limit. */
  readonly requestsPerS: number;
  readonly itemsPerS: number;
  /** How many seconds of the rate may be saved up, and then spent at once. */
  readonly burstS: number;
  /** Share of a bucket that background calls leave for users, 0..0.95. */
  readonly reserveShare: number;
}

/**
 * Buckets that a full call fits into: one of 100 homes passes also from the part above the reserve, or it would wait for ever.
 *
 * @returns limits for `drawTokens`
 */
export function budgetLimitsOf({ requestsPerS, itemsPerS, burstS, reserveShare }: BudgetOptions): BudgetLimits {
  const bucket = (perS: number, callNeeds: number): BucketLimits => {
    const capacity = Math.max(perS * burstS, callNeeds / (1 - reserveShare));
    // never so little above the reserve that a rounding keeps a full call out of a full bucket
    return { perS, capacity, reserve: Math.min(capacity * reserveShare, capacity - callNeeds) };
  };
  return { requests: bucket(requestsPerS, 1), items: bucket(itemsPerS, SOURCE_ITEMS_MAX) };
}

const SECOND_MS = 1_000;

const filled = (tokens: number, { perS, capacity }: BucketLimits, elapsedMs: number): number =>
  Math.min(capacity, tokens + (Math.max(0, elapsedMs) / SECOND_MS) * perS);

const has = (tokens: number, cost: number, { perS, reserve }: BucketLimits, lane: Lane): boolean =>
  perS === 0 || tokens - cost >= (lane === 'user' ? 0 : reserve);

/** What was in both buckets, and what flowed in since; full ones where nobody has drawn yet. */
function tokensAt(tokens: Tokens | null, limits: BudgetLimits, nowMs: number): Tokens {
  const before = tokens ?? { requests: limits.requests.capacity, items: limits.items.capacity, filledAt: nowMs };
  const elapsedMs = nowMs - before.filledAt;
  return {
    requests: filled(before.requests, limits.requests, elapsedMs),
    items: filled(before.items, limits.items, elapsedMs),
    filledAt: nowMs,
  };
}

/** Puts back a draw whose call was not made: a request and its items. What a bucket does not hold is gone at the next look, as what flows in is. */
export function returnTokens(
  tokens: Tokens | null,
  { items, limits }: { readonly items: number; readonly limits: BudgetLimits },
  nowMs: number,
): Tokens {
  const now = tokensAt(tokens, limits, nowMs);
  return { requests: now.requests + 1, items: now.items + items, filledAt: nowMs };
}

/**
 * Draws a request and its items, or nothing. A refused draw costs nothing: warm-ups that keep asking take nothing from users, who get
 * all that flows in while the buckets are down to the reserve. adapters/draw-script.ts is the same in Redis.
 *
 * @param tokens  null: full buckets
 * @param nowMs   a clock that goes back fills nothing
 */
export function drawTokens(
  tokens: Tokens | null,
  { items, lane, limits }: TokenDraw,
  nowMs: number,
): { tokens: Tokens; outcome: DrawOutcome } {
  const now = tokensAt(tokens, limits, nowMs);
  if (!has(now.requests, 1, limits.requests, lane)) return { tokens: now, outcome: 'no-requests' };
  if (!has(now.items, items, limits.items, lane)) return { tokens: now, outcome: 'no-items' };
  const requests = limits.requests.perS === 0 ? now.requests : now.requests - 1;
  const left = limits.items.perS === 0 ? now.items : now.items - items;
  return { tokens: { requests, items: left, filledAt: nowMs }, outcome: 'ok' };
}

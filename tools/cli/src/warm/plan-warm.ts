import type { Facts } from '@porchlight/contracts';
import type { HomeInspection } from '@porchlight/estimate-cache';
import { judgeLevel, type MlsRule } from '@porchlight/visibility';
import type { HomeToWarm } from './find-homes.ts';

/** Homes of one record, and of one paid call. */
export const CALL_HOMES_MAX = 100;
/** As request-filter has it: a cached home with less of its life left is fetched again. */
const REFRESH_BELOW_SHARE = 0.2;

/** Why a home is not asked for. `cut`: the budget ends before it. */
export type LeftOut = 'cached' | 'hidden' | 'unknown' | 'away' | 'cut';

/** What a warm-up costs at most: homes that somebody else fetches meanwhile are not paid for twice. */
export interface WarmCost {
  readonly homes: number;
  readonly calls: number;
  readonly items: number;
  readonly usd: number | null;
}

export interface WarmPrices {
  /** null: nobody said. */
  readonly usdPerCall: number | null;
  readonly usdPerItem: number | null;
}

export interface WarmBudget {
  readonly itemsMax: number | null;
  readonly usdMax: number | null;
}

export interface WarmPlan {
  /** One record each: homes of one tile, at most a hundred. */
  readonly chunks: readonly { readonly tile: string; readonly propertyIds: readonly string[] }[];
  readonly cost: WarmCost;
  readonly leftOut: Readonly<Record<LeftOut, number>>;
}

export interface WarmKnown {
  readonly facts: ReadonlyMap<string, Facts>;
  readonly rules: ReadonlyMap<string, MlsRule>;
  readonly found: ReadonlyMap<string, HomeInspection | null>;
}

const isNearItsEnd = ({ value, cacheNow }: HomeInspection): boolean =>
  value !== null && value.hardExpiryAt - cacheNow < REFRESH_BELOW_SHARE * (value.hardExpiryAt - value.acquiredAt);

function reasonToLeaveOut(propertyId: string, { facts, rules, found }: WarmKnown): LeftOut | null {
  const known = facts.get(propertyId);
  if (known === undefined) return 'unknown';
  const rule = known.mlsId === null ? undefined : rules.get(known.mlsId);
  if (judgeLevel(known, rule).level === 'nobody') return 'hidden';
  const home = found.get(propertyId) ?? null;
  if (home === null) return 'away';
  return home.value === null || isNearItsEnd(home) ? null : 'cached';
}

/** @returns dollars; null unless both prices are said */
const usdOf = (calls: number, items: number, { usdPerCall, usdPerItem }: WarmPrices): number | null =>
  usdPerCall === null || usdPerItem === null ? null : calls * usdPerCall + items * usdPerItem;

/**
 * Which homes to ask for, within the budget: record by record in the order given, and of the one at the brim what still fits. Pure.
 */
export function planWarm(
  homes: readonly HomeToWarm[],
  known: WarmKnown,
  prices: WarmPrices,
  budget: WarmBudget,
): WarmPlan {
  const leftOut: Record<LeftOut, number> = { cached: 0, hidden: 0, unknown: 0, away: 0, cut: 0 };
  const byTile = new Map<string, string[]>();
  let [calls, items] = [0, 0];
  for (const { propertyId, tile } of homes) {
    const reason = reasonToLeaveOut(propertyId, known);
    if (reason !== null) {
      leftOut[reason] += 1;
      continue;
    }
    const there = byTile.get(tile) ?? [];
    const callsWith = calls + (there.length % CALL_HOMES_MAX === 0 ? 1 : 0);
    const usd = usdOf(callsWith, items + 1, prices);
    const isOver =
      (budget.itemsMax !== null && items + 1 > budget.itemsMax) ||
      (budget.usdMax !== null && (usd === null || usd > budget.usdMax));
    if (isOver) {
      leftOut.cut += 1;
      continue;
    }
    there.push(propertyId);
    byTile.set(tile, there);
    [calls, items] = [callsWith, items + 1];
  }
  const chunks = [...byTile].flatMap(([tile, propertyIds]) =>
    Array.from({ length: Math.ceil(propertyIds.length / CALL_HOMES_MAX) }, (_, chunk) => ({
      tile,
      propertyIds: propertyIds.slice(chunk * CALL_HOMES_MAX, (chunk + 1) * CALL_HOMES_MAX),
    })),
  );
  return { chunks, cost: { homes: items, calls, items, usd: usdOf(calls, items, prices) }, leftOut };
}

import type { Estimate } from '@porchlight/contracts';
import { batchingSource, httpEstimateSource, SOURCE_ITEMS_MAX } from '@porchlight/estimate-source';
import { connectCatalog } from '@porchlight/property-catalog';
import { levelOf } from '@porchlight/visibility';
import type { PricedHome } from './priced-home.ts';

const POOL_MAX = 4;
const WAITING_MAX = 1_000;
const LINGER_MS = 2;
const REQUESTS_MAX = 16;
/** Nobody has a deadline here: a busy machine is waited for. */
const TIMEOUT_MS = 5_000;

/** Nobody may see any of them. */
const none: ReadonlyMap<string, Estimate> = new Map<string, Estimate>();

export interface PricedHomesOptions {
  readonly databaseUrl: string;
  readonly upstreamUrl: string;
  readonly upstreamKey: string;
}

/**
 * Homes from the property database, joined with their MLS rules, and their estimates from upstream: facts first, and nothing is paid for
 * a home that nobody may see. The clients are the shipped ones, so that a peer's misses are as cheap as ours: calls of one moment are merged.
 */
export function connectPricedHomes({ databaseUrl, upstreamUrl, upstreamKey }: PricedHomesOptions) {
  const catalog = connectCatalog({
    databaseUrl,
    poolMax: POOL_MAX,
    waitingMax: WAITING_MAX,
    connectTimeoutMs: TIMEOUT_MS,
    statementTimeoutMs: TIMEOUT_MS,
  });
  const http = httpEstimateSource({ url: upstreamUrl, apiKey: upstreamKey, timeoutMs: TIMEOUT_MS });
  const upstream = batchingSource(http, {
    lingerMs: LINGER_MS,
    requestsInFlightMax: REQUESTS_MAX,
    timeoutMs: TIMEOUT_MS,
  });
  /** Homes of one paid call. */
  const loadPart = async (propertyIds: readonly string[]): Promise<PricedHome[]> => {
    const [facts, { rules }] = await Promise.all([catalog.factsOf(propertyIds), catalog.mlsRules()]);
    const ruleOf = new Map(rules.map((rule) => [rule.mlsId, rule]));
    const judged = [...facts].map(([propertyId, each]) => ({
      propertyId,
      status: each.status,
      level: levelOf(each, each.mlsId === null ? undefined : ruleOf.get(each.mlsId)),
    }));
    const paid = judged.filter(({ level }) => level !== 'nobody').map(({ propertyId }) => propertyId);
    const estimates = paid.length === 0 ? none : (await upstream.fetch(paid)).estimates;
    return judged.map((home) => ({ ...home, estimate: estimateIn(estimates.get(home.propertyId)) }));
  };
  return {
    async loadMany(propertyIds: readonly string[]): Promise<PricedHome[]> {
      const parts = Array.from({ length: Math.ceil(propertyIds.length / SOURCE_ITEMS_MAX) }, (_, part) =>
        propertyIds.slice(part * SOURCE_ITEMS_MAX, (part + 1) * SOURCE_ITEMS_MAX),
      );
      return (await Promise.all(parts.map(loadPart))).flat();
    },
    close: () => Promise.all([http.close(), catalog.close()]),
  };
}

/** Without its version: nobody who answers needs it. */
function estimateIn(estimate: PricedHome['estimate'] | undefined): PricedHome['estimate'] {
  if (estimate === null || estimate === undefined) return null;
  const { valueUsd, lowUsd, highUsd, computedAt } = estimate;
  return { valueUsd, lowUsd, highUsd, computedAt };
}

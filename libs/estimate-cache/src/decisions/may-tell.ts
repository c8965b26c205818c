import type { Facts } from '@porchlight/contracts';
import type { FreshnessVerdict } from '../freshness.ts';

/**
 * May a request that joined a flight be told what it brings? Pure.
 *
 * The flight may have read its facts before an INVALIDATE that left its epoch alone, since something newer was stored
 * then (ALREADY). Whoever asked after that was told the fence by ACQUIRE; what lies below it is asked for again. And a
 * failover may have brought that epoch back without its fence: facts that would be checked if they were cached are not told.
 *
 * @param factsFence of the joiner's own ACQUIRE
 * @param verdict    of `freshnessOf` for these facts, by the marks that the joiner knew before its ACQUIRE
 */
export const mayTell = (
  facts: Pick<Facts, 'visibilityVersion'>,
  { factsFence, verdict }: { readonly factsFence: number; readonly verdict: FreshnessVerdict },
): boolean => facts.visibilityVersion >= factsFence && verdict !== 'check';

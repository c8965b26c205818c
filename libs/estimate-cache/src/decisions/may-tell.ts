import type { Facts } from '@porchlight/contracts';

/**
 * May a request that joined a flight be told what it brings? Pure.
 *
 * The flight may have read its facts before an INVALIDATE that left its epoch alone, since something newer was stored
 * then (ALREADY). Whoever asked after that was told the fence by ACQUIRE; what lies below it is asked for again.
 *
 * @param factsFence of the joiner's own ACQUIRE
 */
export const mayTell = (facts: Pick<Facts, 'visibilityVersion'>, factsFence: number): boolean =>
  facts.visibilityVersion >= factsFence;

import type { TalkKind } from './seen-calls.ts';

/** What a kind of call was like in one of the talk's plots. */
export interface TalkPlot {
  readonly p50Ms: number;
  readonly p90Ms: number;
  /** Of homes; single gets of one. */
  readonly hitRate: number;
  /** Against no cache; -0.45 is 45 % fewer. */
  readonly billedRequestsChange: number;
}

/**
 * The four plots of "Serving Automated Home Valuation with Redis & Kafka" (RedisConf 2018). 55 % was the map's hit rate with the cache
 * and no warm-up; a viewport's neighbours were warm within 10 s.
 */
export const talkSaid: Readonly<Record<TalkKind, { readonly before: TalkPlot; readonly after: TalkPlot }>> = {
  single: {
    before: { p50Ms: 45, p90Ms: 102, hitRate: 0, billedRequestsChange: 0 },
    after: { p50Ms: 8, p90Ms: 73, hitRate: 0.53, billedRequestsChange: -0.45 },
  },
  multi: {
    before: { p50Ms: 58, p90Ms: 314, hitRate: 0, billedRequestsChange: 0 },
    after: { p50Ms: 3, p90Ms: 29, hitRate: 0.8, billedRequestsChange: -0.4 },
  },
};

/** What Porchlight wants to reach with the cache and the warm-up; of single gets no hit rate was asked. */
export const goals: Readonly<
  Record<TalkKind, Pick<TalkPlot, 'p50Ms' | 'p90Ms' | 'billedRequestsChange'> & { readonly hitRate?: number }>
> = {
  single: { p50Ms: 3, p90Ms: 60, billedRequestsChange: -0.6 },
  multi: { p50Ms: 3, p90Ms: 25, hitRate: 0.8, billedRequestsChange: -0.75 },
};

import type { WarmupEstimates } from '@porchlight/contracts';

/** How long one home's warm-up took. */
export interface WarmupTime {
  /** From the viewport's answer to the value in Redis. */
  readonly warmupMs: number;
  /** The same less the paid call; null if the fetcher did not say when it asked. */
  readonly pipelineMs: number | null;
}

/** @param writtenAt when the cache acknowledged the fill, by our clock; a skew between hosts shows in the figure */
export function warmupTimeOf(
  { viewedAt, askedAt }: Pick<WarmupEstimates, 'viewedAt' | 'askedAt'>,
  { fetchedAt }: { fetchedAt: number },
  writtenAt: number,
): WarmupTime {
  const warmupMs = Math.max(0, writtenAt - viewedAt);
  const paidMs = askedAt === null ? null : Math.max(0, fetchedAt - askedAt);
  return { warmupMs, pipelineMs: paidMs === null ? null : Math.max(0, warmupMs - paidMs) };
}

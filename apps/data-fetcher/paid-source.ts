import { SourceOverloaded, SourceThrottled, type EstimateSource } from '@porchlight/estimate-source';
import type { Clock } from '@porchlight/stream';
import type { UpstreamPause } from './upstream-pause.ts';

export interface PaidSourceOptions {
  readonly clock: Pick<Clock, 'now'>;
  /** Batches that wait in a queue are held back here, right before they would be paid. */
  readonly pause: UpstreamPause;
  /** Told of each paid call. `outcome` is `ok` or the error's code. */
  readonly onCall: (outcome: string, durationMs: number) => void;
}

const codeOf = (error: unknown): string =>
  error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : 'UNKNOWN';

/**
 * The seller's side of a batching source: keeps the pause that a 429 asks for, measures each call, and says with each answer
 * when its call began. A pipeline's own time is what is left of a warm-up when its paid call is taken out.
 *
 * @throws {SourceOverloaded} during a pause; upstream is not asked
 */
export function createPaidSource(source: EstimateSource, { clock, pause, onCall }: PaidSourceOptions): EstimateSource {
  return {
    async fetch(propertyIds, options) {
      if (pause.isOn()) throw new SourceOverloaded('it asked for a pause');
      const askedAt = clock.now();
      try {
        const answer = await source.fetch(propertyIds, options);
        onCall('ok', clock.now() - askedAt);
        return { ...answer, askedAt };
      } catch (error) {
        if (error instanceof SourceThrottled) pause.begin(error.retryAfterMs);
        onCall(codeOf(error), clock.now() - askedAt);
        throw error;
      }
    },
  };
}

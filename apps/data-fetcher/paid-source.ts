import type { EstimateSource } from '@porchlight/estimate-source';
import type { Clock } from '@porchlight/stream';

/** The seller's side of a batching source: notes when each paid call began. */
export interface PaidSource extends EstimateSource {
  /** When the call for this home began, by our clock; undefined once it has been taken. */
  takeAskedAt(propertyId: string): number | undefined;
}

export interface PaidSourceOptions {
  readonly clock: Pick<Clock, 'now'>;
  /** Told of each paid call. `outcome` is `ok` or the error's code. */
  readonly onCall: (outcome: string, durationMs: number) => void;
}

const codeOf = (error: unknown): string =>
  error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : 'UNKNOWN';

/** Measures a source. A pipeline's own time is what is left of a warm-up when its paid call is taken out. */
export function createPaidSource(source: EstimateSource, { clock, onCall }: PaidSourceOptions): PaidSource {
  const askedAt = new Map<string, number>();
  return {
    takeAskedAt(propertyId) {
      const at = askedAt.get(propertyId);
      askedAt.delete(propertyId);
      return at;
    },
    async fetch(propertyIds, options) {
      const beganAt = clock.now();
      try {
        const answer = await source.fetch(propertyIds, options);
        for (const propertyId of propertyIds) askedAt.set(propertyId, beganAt);
        onCall('ok', clock.now() - beganAt);
        return answer;
      } catch (error) {
        onCall(codeOf(error), clock.now() - beganAt);
        throw error;
      }
    },
  };
}

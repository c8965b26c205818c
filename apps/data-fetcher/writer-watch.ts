import { CacheUnavailable, WRITER_PROGRESS_MS, type WriterProgress } from '@porchlight/estimate-cache';
import type { Clock } from '@porchlight/stream';
import { WriterSilent } from './writer-silent.ts';

/** An answer this young is used again: data-writer beats once a second. */
const ANSWER_KEPT_MS = 1_000;

export interface WriterWatch {
  /**
   * The keys of all partitions lie on one node: while that one is away, what was seen last counts as long as a beat does.
   *
   * @throws {WriterSilent} if data-writer does not get on with this partition; {CacheUnavailable} if nobody has said so for too long
   */
  check(): Promise<void>;
}

/**
 * Watches data-writer's progress on one partition. The partition of the estimates is that of the requests: same key, same
 * count, same hash.
 */
export function createWriterWatch(
  { progress, clock }: { progress: Pick<WriterProgress, 'alive'>; clock: Pick<Clock, 'now'> },
  partition: number,
): WriterWatch {
  let aliveAt = Number.NEGATIVE_INFINITY;
  return {
    async check() {
      if (clock.now() - aliveAt < ANSWER_KEPT_MS) return;
      const askedAt = clock.now();
      const alive = await progress.alive([partition]).catch((error: unknown) => {
        if (error instanceof CacheUnavailable && askedAt - aliveAt < WRITER_PROGRESS_MS) return undefined;
        throw error;
      });
      if (alive === undefined) return;
      aliveAt = alive.has(partition) ? askedAt : Number.NEGATIVE_INFINITY;
      if (!alive.has(partition)) throw new WriterSilent(partition);
    },
  };
}

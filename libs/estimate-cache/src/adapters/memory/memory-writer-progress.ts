import type { Clock } from '../../clock.ts';
import type { WriterProgress } from '../../port.ts';
import { WRITER_PROGRESS_MS } from '../../writer-progress.ts';

/** Progress of data-writer in memory, for tests of apps. */
export function memoryWriterProgress(options: { readonly clock: Clock }): WriterProgress {
  const aliveUntil = new Map<number, number>();
  return {
    async beat(partitions) {
      for (const partition of partitions) aliveUntil.set(partition, options.clock.now() + WRITER_PROGRESS_MS);
    },
    async alive(partitions) {
      const now = options.clock.now();
      return new Set(partitions.filter((partition) => (aliveUntil.get(partition) ?? -1) >= now));
    },
  };
}

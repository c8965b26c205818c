import { progressKeyOf } from '../../keys.ts';
import type { WriterProgress } from '../../port.ts';
import { WRITER_PROGRESS_MS } from '../../writer-progress.ts';
import type { RedisTransport } from './redis-transport.ts';

/** Progress of data-writer: one key for each partition, all in one slot, gone 15 s after the last beat. */
export function redisWriterProgress(options: {
  readonly transport: RedisTransport;
  readonly keyGeneration: string;
}): WriterProgress {
  const { transport, keyGeneration } = options;
  const keyOf = (partition: number) => progressKeyOf(partition, keyGeneration);
  return {
    beat: (partitions) => transport.beat(partitions.map(keyOf), WRITER_PROGRESS_MS),
    async alive(partitions) {
      const beats = await transport.get(partitions.map(keyOf));
      return new Set(partitions.filter((_, i) => beats[i] !== null));
    },
  };
}

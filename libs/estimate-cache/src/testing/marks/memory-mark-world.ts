import { memoryMarkStore } from '../../adapters/memory/memory-mark-store.ts';
import { BUCKETS } from '../../keys.ts';
import { emptyMark } from '../../marks/bucket-mark.ts';
import type { BucketMark } from '../../marks/port.ts';
import { bucketMarkOf } from '../../marks/read-mark.ts';
import type { MarkWorld } from './mark-world.ts';

const fieldsOf = ({ partitions, sinceAt }: BucketMark): Map<string, string> => {
  const marks = Object.entries(partitions).map(
    ([name, { nextOffset, untilAt }]) => [name, `${nextOffset}|${untilAt ?? ''}`] as const,
  );
  return new Map([...marks, ['s', `${sinceAt}`]]);
};

export async function memoryMarkWorld(): Promise<MarkWorld> {
  const store = memoryMarkStore();
  return {
    store,
    run: async () => store.run(),
    async plant(bucket, name, text) {
      const fields = fieldsOf(store.stateOf(bucket));
      if (text === null) fields.delete(name);
      else fields.set(name, text);
      store.putBack(bucket, bucketMarkOf([...fields].flat()));
    },
    plantForeign: null,
    async clear() {
      for (let bucket = 0; bucket < BUCKETS; bucket += 1) store.putBack(bucket, emptyMark);
    },
    close: async () => {},
  };
}

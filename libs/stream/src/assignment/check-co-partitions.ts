import { StreamError } from '../errors.ts';

/**
 * Compares the partition counts of topics that must be read together.
 *
 * @throws {StreamError} CO_PARTITION_MISMATCH (crash), naming every topic of the group with its count
 */
export function checkCoPartitions(
  coPartitioned: readonly (readonly string[])[],
  partitionsOf: (topic: string) => number,
): void {
  for (const topics of coPartitioned) {
    const counts = topics.map((topic) => ({ topic, partitions: partitionsOf(topic) }));
    if (new Set(counts.map(({ partitions }) => partitions)).size <= 1) continue;
    const said = counts.map(({ topic, partitions }) => `${topic} has ${partitions}`).join(', ');
    throw new StreamError(
      'CO_PARTITION_MISMATCH',
      'crash',
      `co-partitioned topics must have the same number of partitions: ${said}; grow the smaller ones (porchlight topics apply --grow)`,
    );
  }
}

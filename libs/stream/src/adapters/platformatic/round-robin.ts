/** How many partitions each topic has. */
export type PartitionCounts = ReadonlyMap<string, number>;

export interface Subscription {
  readonly memberId: string;
  /** Members are served in this order: what survives a restart keeps its partitions. */
  readonly order: string;
  readonly topics: readonly string[];
}

/**
 * Deals the partitions out to the members that read them, one after the other.
 *
 * @returns by member (every one of them, also with nothing), by topic, the partitions in ascending order
 */
export function assignInTurn(
  members: readonly Subscription[],
  counts: PartitionCounts,
): Map<string, Map<string, number[]>> {
  const turns = members.toSorted((a, b) => (a.order < b.order ? -1 : Number(a.order > b.order)));
  const dealt = new Map(turns.map(({ memberId }) => [memberId, new Map<string, number[]>()]));
  let turn = 0;
  for (const [topic, count] of [...counts].toSorted(([a], [b]) => (a < b ? -1 : 1))) {
    const readers = turns.filter(({ topics }) => topics.includes(topic));
    for (let partition = 0; partition < count && readers.length > 0; partition += 1, turn += 1) {
      const topics = dealt.get(readers[turn % readers.length]?.memberId ?? '');
      topics?.set(topic, [...(topics.get(topic) ?? []), partition]);
    }
  }
  return dealt;
}

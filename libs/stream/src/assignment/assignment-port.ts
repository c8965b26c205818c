/** What is shared out, and among whom. Partition numbers begin at 0 and have no gaps, as Kafka's. */
export interface AssignmentInput {
  readonly members: readonly AssignmentMember[];
  /** Number of partitions by topic. A topic that is not here (deleted, or not known to the one who decides) is given to nobody. */
  readonly partitions: ReadonlyMap<string, number>;
  /** Each a definition's inputs that stay together: the same partition number of all of them goes to the same member. */
  readonly coPartitioned: readonly (readonly string[])[];
}

/** A process of the group as it presents itself. */
export interface AssignmentMember {
  readonly memberId: string;
  readonly topics: readonly string[];
  /** What it held last, and in which generation of the group; an older claim loses against a newer one. */
  readonly owned: PartitionsByTopic;
  readonly generation: number;
}

export type PartitionsByTopic = Readonly<Record<string, readonly number[]>>;

/** Partitions by topic, by member; every member is here, also with nothing. */
export type Assignment = ReadonlyMap<string, PartitionsByTopic>;

/** By code units: the same order on every machine. */
export const compareText = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

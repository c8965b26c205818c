import type { CommittedOffset, FoundGroup } from '../kafka/group-admin.ts';
import type { PartitionBounds } from '../kafka/log-reader.ts';

/** One partition as a group stands in it. */
export interface PartitionReport {
  readonly topic: string;
  readonly partition: number;
  /** The next record that the group will read; null: it has committed nothing here. */
  readonly committed: number | null;
  /** The oldest record that is still kept, and the place behind the newest; null: the topic is gone. */
  readonly low: number | null;
  readonly end: number | null;
  /** Records that are not read yet; null where nothing was committed or the topic is gone. */
  readonly lag: number | null;
  /** Records that retention took before the group had read them. */
  readonly lost: number;
  /** UTC milliseconds of the oldest record that is not read yet, as its producer stamped it; null: there is none. */
  readonly oldestUnreadAt: number | null;
  /** The client id of the member that owns it; null: nobody does. */
  readonly owner: string | null;
}

export interface MemberReport {
  readonly memberId: string;
  readonly clientId: string;
  readonly host: string;
  readonly partitions: number;
}

export interface GroupReport {
  readonly group: string;
  readonly state: string;
  readonly members: readonly MemberReport[];
  readonly partitions: readonly PartitionReport[];
  /** Over all partitions. */
  readonly lag: number;
  /** Of the oldest record that is not read yet, over all partitions; null: everything is read. */
  readonly oldestUnreadMs: number | null;
}

export interface GroupFacts {
  readonly found: FoundGroup;
  readonly committed: readonly CommittedOffset[];
  /** Of every topic that the group has committed or owns; a topic that is gone is missing. */
  readonly bounds: ReadonlyMap<string, readonly PartitionBounds[]>;
}

/** A partition with lag, whose oldest unread record is yet to be looked at. */
export interface Unread {
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
}

export const placeOf = ({ topic, partition }: { topic: string; partition: number }): string => `${topic}/${partition}`;

const topicsOf = ({ found, committed }: Pick<GroupFacts, 'found' | 'committed'>): string[] => [
  ...new Set([
    ...committed.map(({ topic }) => topic),
    ...found.members.flatMap(({ partitions }) => partitions.map(({ topic }) => topic)),
  ]),
];

/** @returns topics that a group reads, as far as Kafka knows: what it has committed and what its members own, by name */
export const topicsReadBy = (facts: Pick<GroupFacts, 'found' | 'committed'>): string[] => topicsOf(facts).toSorted();

function placesOf({ found, committed, bounds }: GroupFacts): { topic: string; partition: number }[] {
  const places = new Map<string, { topic: string; partition: number }>();
  for (const topic of topicsReadBy({ found, committed })) {
    const partitions = [
      ...(bounds.get(topic) ?? []).map(({ partition }) => partition),
      ...committed.filter((each) => each.topic === topic).map(({ partition }) => partition),
    ];
    for (const partition of partitions.toSorted((a, b) => a - b))
      places.set(`${topic}/${partition}`, { topic, partition });
  }
  return [...places.values()];
}

/** @returns each partition of a group, before the age of its oldest unread record is known */
export function partitionsOf(facts: GroupFacts): PartitionReport[] {
  const committedAt = new Map(facts.committed.map((each) => [placeOf(each), each.offset]));
  const ownerAt = new Map(
    facts.found.members.flatMap(({ clientId, partitions }) => partitions.map((each) => [placeOf(each), clientId])),
  );
  return placesOf(facts).map(({ topic, partition }) => {
    const committed = committedAt.get(`${topic}/${partition}`) ?? null;
    const bounds = facts.bounds.get(topic)?.find((each) => each.partition === partition);
    const isReadable = committed !== null && bounds !== undefined;
    return {
      topic,
      partition,
      committed,
      low: bounds?.low ?? null,
      end: bounds?.end ?? null,
      lag: isReadable ? Math.max(0, bounds.end - Math.max(committed, bounds.low)) : null,
      lost: isReadable ? Math.max(0, bounds.low - committed) : 0,
      oldestUnreadAt: null,
      owner: ownerAt.get(`${topic}/${partition}`) ?? null,
    };
  });
}

/** @returns where to look for the oldest unread records: one place for each partition with lag */
export const unreadOf = (partitions: readonly PartitionReport[]): Unread[] =>
  partitions.flatMap(({ topic, partition, committed, low, lag }) =>
    lag === null || lag === 0 ? [] : [{ topic, partition, offset: Math.max(committed ?? 0, low ?? 0) }],
  );

/**
 * A coordinator calls a group of the newer protocol (KIP-848, the experimental second client) `Dead` when it is asked in the words that kafkajs has. A
 * group that is really dead has no offsets.
 */
const stateOf = ({ found, committed }: GroupFacts): string =>
  found.state === 'Dead' && committed.length > 0
    ? 'Unknown (another group protocol: its members are not shown)'
    : found.state;

/** @param timestamps UTC milliseconds of the oldest unread record, by place */
export function groupReport(facts: GroupFacts, timestamps: ReadonlyMap<string, number>, now: number): GroupReport {
  const partitions = partitionsOf(facts).map((each) => ({
    ...each,
    oldestUnreadAt: timestamps.get(placeOf(each)) ?? null,
  }));
  const oldest = partitions.flatMap(({ oldestUnreadAt }) => (oldestUnreadAt === null ? [] : [oldestUnreadAt]));
  return {
    group: facts.found.group,
    state: stateOf(facts),
    members: facts.found.members.map(({ memberId, clientId, host, partitions: owned }) => ({
      memberId,
      clientId,
      host,
      partitions: owned.length,
    })),
    partitions,
    lag: partitions.reduce((sum, { lag }) => sum + (lag ?? 0), 0),
    oldestUnreadMs: oldest.length === 0 ? null : Math.max(0, now - Math.min(...oldest)),
  };
}

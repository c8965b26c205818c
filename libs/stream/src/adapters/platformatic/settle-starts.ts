import { decodeNote, encodeNote } from '../../assignment/commit-note.ts';
import {
  beginningOf,
  decideStart,
  type Beginning,
  type PartitionStart,
  type StartPolicy,
} from '../../assignment/start-offset.ts';
import type { TellStart } from '../../assignment/told-start.ts';
import type { TopicPartition } from '../../port.ts';
import type { Committed } from './group-offsets.ts';
import { PLACES, type KafkaLink } from './kafka-link.ts';
import { nameOf } from '../../partition-name.ts';

export interface StartsPorts {
  readonly link: Pick<KafkaLink, 'offsetsAt' | 'metadata'>;
  readonly committed: (partitions: readonly TopicPartition[]) => Promise<ReadonlyMap<string, Committed>>;
  readonly policyOf: (topic: string) => StartPolicy;
  readonly nowMs: number;
  readonly tell: TellStart;
}

export interface StartsFound {
  readonly starts: readonly PartitionStart[];
  /** What to say beside each later commit, by topic. */
  readonly notes: ReadonlyMap<string, string>;
}

type Offsets = ReadonlyMap<string, bigint>;

/** Decides where partitions begin. It commits nothing itself: whether the assignment still stands is the caller's to know. */
export async function settleStarts(ports: StartsPorts, partitions: readonly TopicPartition[]): Promise<StartsFound> {
  const topics = [...new Set(partitions.map(({ topic }) => topic))];
  const found = await Promise.all(
    topics.map((topic) =>
      settleTopic(
        ports,
        topic,
        partitions.filter((at) => at.topic === topic).map(({ partition }) => partition),
      ),
    ),
  );
  return {
    starts: found.flatMap(({ starts }) => starts),
    notes: new Map(found.map(({ topic, note }) => [topic, note])),
  };
}

async function settleTopic(
  ports: StartsPorts,
  topic: string,
  partitions: readonly number[],
): Promise<{ topic: string; starts: PartitionStart[]; note: string }> {
  const { link, nowMs } = ports;
  const policy = ports.policyOf(topic);
  const committed = await ports.committed(await askedOf(ports, topic, partitions));
  const beginning = beginningOf(
    policy.startFrom,
    [...committed.values()].map(({ metadata }) => metadata),
  );
  const lookUp = (place: bigint): Promise<Offsets> => link.offsetsAt(topic, partitions, place);
  const [earliest, end] = await Promise.all([lookUp(PLACES.earliest), lookUp(PLACES.end)]);
  // After the ends: a record that comes in between is found by its time, and lies behind the end that we know.
  const since = typeof beginning === 'object' ? await lookUp(BigInt(beginning.sinceMs)) : NOWHERE;
  const { catchUp } = policy;
  const fresh = catchUp === 'all' ? null : await lookUp(BigInt(nowMs - catchUp.skipOlderThanMs));
  const starts = partitions.map(async (partition) => {
    const name = nameOf({ topic, partition });
    const at = { earliest: knownOffset(earliest, name), end: knownOffset(end, name) };
    const range = { ...at, committed: committed.get(name)?.offset ?? null };
    const facts = {
      ...range,
      told: await ports.tell({ topic, partition }, range),
      beginning: offsetOf(beginning, { ...at, since: orEnd(since.get(name), at.end) }),
      fresh: fresh === null ? null : orEnd(fresh.get(name), at.end),
    };
    return startOf({ topic, partition }, facts, { policy, metadata: committed.get(name)?.metadata ?? null });
  });
  return { topic, starts: await Promise.all(starts), note: noteOf(beginning, nowMs) };
}

/** For `latest` all partitions of the topic: whether the others have commits says what is meant. */
async function askedOf(
  { link, policyOf }: StartsPorts,
  topic: string,
  partitions: readonly number[],
): Promise<TopicPartition[]> {
  if (policyOf(topic).startFrom === 'earliest') return partitions.map((partition) => ({ topic, partition }));
  const { topics } = await link.metadata([topic]);
  const count = Math.max(topics.get(topic)?.partitionsCount ?? 0, ...partitions.map((partition) => partition + 1));
  return Array.from({ length: count }, (_, partition) => ({ topic, partition }));
}

function startOf(
  at: TopicPartition,
  facts: Parameters<typeof decideStart>[0],
  { policy, metadata }: { policy: StartPolicy; metadata: string | null },
): PartitionStart {
  const start = decideStart(facts);
  const { committed } = facts;
  // What `latest` means now must outlast a crash before the first commit; `earliest` means the same tomorrow.
  const isNew = committed === null && (policy.startFrom === 'latest' || start.skipped !== null);
  return {
    ...at,
    ...start,
    mustCommit: isNew || (committed !== null && start.nextOffset !== committed),
    isSetByHand: committed !== null && decodeNote(metadata) === undefined,
  };
}

const NOWHERE: Offsets = new Map();

const orEnd = (offset: bigint | undefined, end: bigint): bigint => (offset === undefined || offset < 0n ? end : offset);

/** An outage by its words: the metadata of whoever answered did not know the partition yet. */
export function knownOffset(offsets: Offsets, name: string): bigint {
  const offset = offsets.get(name);
  if (offset === undefined || offset < 0n) throw new Error(`Unknown topic partition ${name}`);
  return offset;
}

function offsetOf(beginning: Beginning, at: { earliest: bigint; end: bigint; since: bigint }): bigint {
  if (beginning === 'earliest') return at.earliest;
  return beginning === 'end' ? at.end : at.since;
}

/** A group that begins at the end now has read since now. */
const noteOf = (beginning: Beginning, nowMs: number): string =>
  encodeNote({ sinceMs: beginning === 'end' ? nowMs : beginning === 'earliest' ? null : beginning.sinceMs });

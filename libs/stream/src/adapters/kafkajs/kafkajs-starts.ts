import kafkajs from 'kafkajs';
import { encodeNote } from '../../assignment/commit-note.ts';
import {
  beginningOf,
  decideStart,
  isNews,
  isSetByHand,
  noteOf,
  type Beginning,
  type PartitionStart,
  type StartPolicy,
} from '../../assignment/start-offset.ts';
import type { TellStart } from '../../assignment/told-start.ts';
import { nameOf } from '../../partition-name.ts';
import type { ClusterInside, GroupInside, OffsetsInside, TopicOffsets } from './kafkajs-inside.ts';

export interface StartsFound {
  readonly starts: readonly PartitionStart[];
  /** What to say beside each later commit of a topic. */
  readonly notes: ReadonlyMap<string, string>;
}

interface Committed {
  /** null: none. */
  readonly offset: bigint | null;
  readonly metadata: string | null;
}

/** One topic of the assignment, and what the group knows of it. */
interface TopicStart {
  readonly topic: string;
  readonly partitions: readonly number[];
  readonly policy: StartPolicy;
  readonly committed: ReadonlyMap<number, Committed>;
  readonly beginning: Beginning;
}

type Offsets = ReadonlyMap<string, bigint>;

/**
 * Decides where every partition of an assignment begins, commits what is new of it, and tells kafkajs, which has nothing left to look up.
 *
 * @throws what the broker answers; nothing is begun then, and the caller comes again
 */
export async function settleStarts(
  group: GroupInside,
  offsets: OffsetsInside,
  { policyOf, nowMs, tell }: { policyOf: (topic: string) => StartPolicy; nowMs: number; tell: TellStart },
): Promise<StartsFound> {
  const topics = await readCommits(group, offsets, policyOf);
  if (topics.length === 0) return { starts: [], notes: new Map() };
  const found = await findOffsets(group.cluster, topics, nowMs);
  const starts = (await Promise.all(topics.map((topic) => startsOf(topic, found, tell)))).flat();
  const notes = new Map(topics.map(({ topic, beginning }) => [topic, encodeNote(noteOf(beginning, nowMs))]));
  await commitStarts(offsets, starts, notes);
  const known = offsets.committedOffsets();
  for (const { topic, partition, nextOffset } of starts) (known[topic] ??= {})[partition] = String(nextOffset);
  return { starts, notes };
}

// ---- what the group has committed ----

/** For `latest` all partitions of a topic are asked for: whether the others have commits says what is meant. */
async function readCommits(
  { groupId, partitionsPerSubscribedTopic }: GroupInside,
  offsets: OffsetsInside,
  policyOf: (topic: string) => StartPolicy,
): Promise<TopicStart[]> {
  const assigned = Object.entries(offsets.memberAssignment).filter(([, partitions]) => partitions.length > 0);
  if (assigned.length === 0) return [];
  const asked = assigned.map(([topic, partitions]) => {
    const all = policyOf(topic).startFrom === 'latest' ? partitionsPerSubscribedTopic?.get(topic) : undefined;
    return { topic, partitions: [...new Set([...partitions, ...(all ?? [])])].map((partition) => ({ partition })) };
  });
  const { responses } = await (await offsets.getCoordinator()).offsetFetch({ groupId, topics: asked });
  return assigned.map(([topic, partitions]) => {
    const answers = responses.find((each) => each.topic === topic)?.partitions ?? [];
    const committed = new Map(
      answers.map(({ partition, offset, metadata }) => [
        partition,
        { offset: Number(offset) < 0 ? null : BigInt(offset), metadata },
      ]),
    );
    const policy = policyOf(topic);
    const notes = [...committed.values()].filter(({ offset }) => offset !== null).map(({ metadata }) => metadata);
    return { topic, partitions, policy, committed, beginning: beginningOf(policy.startFrom, notes) };
  });
}

// ---- what the log holds ----

interface FoundOffsets {
  readonly earliest: Offsets;
  readonly end: Offsets;
  /** First record since the group began to read; the end where there is none. */
  readonly since: Offsets;
  /** First record that is young enough; the end where there is none. */
  readonly fresh: Offsets;
}

async function findOffsets(
  cluster: ClusterInside,
  topics: readonly TopicStart[],
  nowMs: number,
): Promise<FoundOffsets> {
  const [earliest, end] = await Promise.all([
    lookUp(cluster, topics, () => ({ fromBeginning: true })),
    lookUp(cluster, topics, () => ({ fromBeginning: false })),
  ]);
  // After the ends: a record that comes in between is found by its time, and lies behind the end that we know.
  const sinceOf = ({ beginning }: TopicStart) => (typeof beginning === 'object' ? beginning.sinceMs : null);
  const freshOf = ({ policy: { catchUp } }: TopicStart) => (catchUp === 'all' ? null : nowMs - catchUp.skipOlderThanMs);
  const [since, fresh] = await Promise.all([
    lookUp(cluster, topics.filter(lacksCommit), atTime(sinceOf)),
    lookUp(cluster, topics, atTime(freshOf)),
  ]);
  return { earliest, end, since: orEnd(since, end), fresh: orEnd(fresh, end) };
}

const lacksCommit = ({ partitions, committed }: TopicStart): boolean =>
  partitions.some((partition) => (committed.get(partition)?.offset ?? null) === null);

type Place = { fromBeginning: boolean } | { fromTimestamp: number };

const atTime =
  (timeOf: (topic: TopicStart) => number | null) =>
  (topic: TopicStart): Place | null => {
    const fromTimestamp = timeOf(topic);
    return fromTimestamp === null ? null : { fromTimestamp };
  };

/** @returns offsets by `topic/partition`; -1 where no record is so young. Topics for which `placeOf` gives null are not asked for */
async function lookUp(
  cluster: ClusterInside,
  topics: readonly TopicStart[],
  placeOf: (topic: TopicStart) => Place | null,
): Promise<Offsets> {
  const asked = topics.flatMap((each) => {
    const place = placeOf(each);
    return place === null ? [] : [{ topic: each.topic, partitions: numbered(each.partitions), ...place }];
  });
  if (asked.length === 0) return new Map();
  const answered = await cluster.fetchTopicsOffset(asked);
  return new Map(
    answered.flatMap(({ topic, partitions }) =>
      partitions.map(({ partition, offset }): [string, bigint] => [nameOf({ topic, partition }), BigInt(offset)]),
    ),
  );
}

const numbered = (partitions: readonly number[]): { partition: number }[] =>
  partitions.map((partition) => ({ partition }));

const orEnd = (found: Offsets, end: Offsets): Offsets =>
  new Map([...found].map(([name, offset]) => [name, offset < 0n ? (end.get(name) ?? 0n) : offset]));

// ---- the decision ----

const startsOf = (topic: TopicStart, found: FoundOffsets, tell: TellStart): Promise<PartitionStart[]> =>
  Promise.all(topic.partitions.map((partition) => startOf(topic, partition, found, tell)));

async function startOf(
  { topic, policy, committed, beginning }: TopicStart,
  partition: number,
  found: FoundOffsets,
  tell: TellStart,
): Promise<PartitionStart> {
  const name = nameOf({ topic, partition });
  const { earliest, end } = { earliest: found.earliest.get(name), end: found.end.get(name) };
  if (earliest === undefined || end === undefined)
    throw new kafkajs.KafkaJSError(`the metadata does not name partition ${name} yet`, { retriable: true });
  const known = committed.get(partition) ?? { offset: null, metadata: null };
  const at = { topic, partition };
  const range = { committed: known.offset, earliest, end };
  const start = decideStart({
    ...{ ...range, told: await tell(at, range), fresh: found.fresh.get(name) ?? null },
    beginning: offsetOf(beginning, { earliest, end, since: found.since.get(name) ?? earliest }),
  });
  const facts = { committed: known.offset, metadata: known.metadata };
  return { ...at, ...start, mustCommit: isNews(policy, known.offset, start), isSetByHand: isSetByHand(facts) };
}

function offsetOf(beginning: Beginning, at: { earliest: bigint; end: bigint; since: bigint }): bigint {
  if (beginning === 'earliest') return at.earliest;
  return beginning === 'end' ? at.end : at.since;
}

async function commitStarts(
  offsets: OffsetsInside,
  starts: readonly PartitionStart[],
  notes: ReadonlyMap<string, string>,
): Promise<void> {
  const news = starts.filter(({ mustCommit }) => mustCommit);
  if (news.length > 0) await offsets.commitOffsets({ topics: topicOffsetsOf(news, notes) });
}

/** @returns offsets as kafkajs commits them, each with its topic's note */
export function topicOffsetsOf(
  offsets: readonly { readonly topic: string; readonly partition: number; readonly nextOffset: bigint }[],
  notes: ReadonlyMap<string, string>,
): TopicOffsets[] {
  const topics = new Map<string, TopicOffsets['partitions']>();
  for (const { topic, partition, nextOffset } of offsets) {
    const list = topics.get(topic) ?? [];
    const metadata = notes.get(topic) ?? encodeNote({ sinceMs: null });
    list.push({ partition, offset: String(nextOffset), metadata });
    topics.set(topic, list);
  }
  return [...topics].map(([topic, partitions]) => ({ topic, partitions }));
}

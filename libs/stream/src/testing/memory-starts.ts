import { encodeNote } from '../assignment/commit-note.ts';
import {
  beginningOf,
  decideStart,
  isNews,
  isSetByHand,
  noteOf,
  type Beginning,
  type PartitionStart,
  type StartPolicy,
} from '../assignment/start-offset.ts';
import type { TopicPartition } from '../port.ts';
import type { MemoryLog } from './memory-log.ts';

export interface MemoryStartsOptions {
  readonly log: MemoryLog;
  readonly groupId: string;
  readonly policyOf: (topic: string) => StartPolicy;
  readonly nowMs: number;
  /** What `startAt` said, by `topic/partition`. */
  readonly told: ReadonlyMap<string, bigint | null>;
}

/** The start of every partition of an assignment, decided by the same rules as on a broker, and committed where it is new. */
export function settleMemoryStarts(
  partitions: readonly TopicPartition[],
  options: MemoryStartsOptions,
): { starts: PartitionStart[]; notes: ReadonlyMap<string, string> } {
  const { log, groupId, nowMs } = options;
  const topics = [...new Set(partitions.map(({ topic }) => topic))];
  const beginnings = new Map(topics.map((topic) => [topic, beginningIn(topic, options)]));
  const notes = new Map([...beginnings].map(([topic, beginning]) => [topic, encodeNote(noteOf(beginning, nowMs))]));
  const starts = partitions.map((at) => startOf(at, beginnings.get(at.topic) ?? 'earliest', options));
  for (const { topic, partition, nextOffset, mustCommit } of starts)
    if (mustCommit) log.commit(groupId, { topic, partition }, nextOffset, notes.get(topic) ?? null);
  return { starts, notes };
}

function beginningIn(topic: string, { log, groupId, policyOf }: MemoryStartsOptions): Beginning {
  const commits = Array.from({ length: log.partitionsOf(topic) }, (_, partition) =>
    log.commitOf(groupId, { topic, partition }),
  );
  return beginningOf(
    policyOf(topic).startFrom,
    commits.flatMap((each) => (each === undefined ? [] : [each.metadata])),
  );
}

function startOf(
  at: TopicPartition,
  beginning: Beginning,
  { log, groupId, policyOf, nowMs, told }: MemoryStartsOptions,
): PartitionStart {
  const policy = policyOf(at.topic);
  const known = log.commitOf(groupId, at);
  const committed = known?.nextOffset ?? null;
  const end = BigInt(log.read(at).length);
  const firstSince = (sinceMs: number): bigint =>
    log.read(at).find(({ timestamp, offset }) => timestamp >= sinceMs && offset >= log.earliest(at))?.offset ?? end;
  const offsetOf = { earliest: () => log.earliest(at), end: () => end };
  const { catchUp } = policy;
  const start = decideStart({
    told: told.get(`${at.topic}/${at.partition}`) ?? null,
    committed,
    beginning: typeof beginning === 'string' ? offsetOf[beginning]() : firstSince(beginning.sinceMs),
    earliest: log.earliest(at),
    end,
    fresh: catchUp === 'all' ? null : firstSince(nowMs - catchUp.skipOlderThanMs),
  });
  const facts = { committed, metadata: known?.metadata ?? null };
  return { ...at, ...start, mustCommit: isNews(policy, committed, start), isSetByHand: isSetByHand(facts) };
}

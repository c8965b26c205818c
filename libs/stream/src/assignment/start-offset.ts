import { StreamError } from '../errors.ts';
import type { CatchUp, TaskDefinition, TopicPartition } from '../port.ts';
import { decodeNote, type CommitNote } from './commit-note.ts';

/** Where a partition without a committed offset begins: an end of the log, or the first record since an instant (UTC milliseconds). */
export type Beginning = 'earliest' | 'end' | { readonly sinceMs: number };

/** What a definition says of the start of its partitions. */
export interface StartPolicy {
  readonly startFrom: 'earliest' | 'latest';
  readonly catchUp: CatchUp;
  readonly startAt?: TaskDefinition<unknown>['startAt'] | undefined;
}

/** What the group and the log say of one partition, in the moment of its assignment. */
export interface StartFacts {
  /** What the definition's `startAt` says; null: nothing. */
  readonly told: bigint | null;
  /** null: the group has committed nothing here. */
  readonly committed: bigint | null;
  /** The offset that `Beginning` stands for here; asked for only without a commit. */
  readonly beginning: bigint;
  readonly earliest: bigint;
  readonly end: bigint;
  /** The first record that is young enough, or the end if none is; null where nothing is skipped. */
  readonly fresh: bigint | null;
}

/** Offsets that are passed over: `from` is the first of them, `to` the first that is not. */
export interface OffsetSpan {
  readonly from: bigint;
  readonly to: bigint;
}

/** Where an assignment begins, and what it passes over. */
export interface Start {
  readonly nextOffset: bigint;
  /** The offset that was told or committed is not in the log (retention has cut it off, or the topic is another one now): from there to the earliest that is. */
  readonly outOfRange: OffsetSpan | null;
  readonly skipped: OffsetSpan | null;
}

export interface PartitionStart extends TopicPartition, Start {
  /** False when it stands for what the group has committed already. */
  readonly mustCommit: boolean;
  /** An operator (or another client) wrote the committed offset: whoever has state from before must not take records for done by it. */
  readonly isSetByHand: boolean;
}

/** @throws {StreamError} BAD_SETTING for a skip of less than a millisecond */
export function startPoliciesOf(definitions: readonly TaskDefinition<unknown>[]): (topic: string) => StartPolicy {
  const policies = new Map<string, StartPolicy>();
  for (const definition of definitions) {
    const { inputs, startFrom, catchUp = 'all' } = definition;
    const startAt = definition.startAt?.bind(definition);
    if (catchUp !== 'all' && !(catchUp.skipOlderThanMs >= 1))
      throw new StreamError('BAD_SETTING', 'crash', `skipOlderThanMs is ${catchUp.skipOlderThanMs}, less than 1`);
    for (const { name } of inputs) policies.set(name, { startFrom, catchUp, startAt });
  }
  return (topic) => policies.get(topic) ?? { startFrom: 'earliest', catchUp: 'all' };
}

/**
 * What a partition without a commit begins at.
 *
 * @param notes  metadata of the group's commits in the same topic; `latest` is the end of the log only for a group that has none
 */
export function beginningOf(startFrom: StartPolicy['startFrom'], notes: readonly (string | null)[]): Beginning {
  if (startFrom === 'earliest') return 'earliest';
  if (notes.length === 0) return 'end';
  const since = notes.flatMap((metadata) => decodeNote(metadata)?.sinceMs ?? []);
  return since.length === 0 ? 'earliest' : { sinceMs: Math.min(...since) };
}

/** Where a partition goes on. An offset out of range never leads to the end by itself: to the earliest record, and from there by `fresh` only. */
export function decideStart({ told, committed, beginning, earliest, end, fresh }: StartFacts): Start {
  const wanted = told ?? committed ?? beginning;
  const isInRange = wanted >= earliest && wanted <= end;
  const from = isInRange ? wanted : earliest;
  const nextOffset = fresh !== null && fresh > from ? fresh : from;
  return {
    nextOffset,
    outOfRange: isInRange || (told ?? committed) === null ? null : { from: wanted, to: earliest },
    skipped: nextOffset > from ? { from, to: nextOffset } : null,
  };
}

/** Must the start be committed before the first fetch? What `latest` means now must outlast a crash; `earliest` means the same tomorrow. */
export const isNews = (
  { startFrom }: StartPolicy,
  committed: bigint | null,
  { nextOffset, skipped }: Start,
): boolean => (committed === null ? startFrom === 'latest' || skipped !== null : nextOffset !== committed);

/** Every commit of the runtime carries its note; an operator's does not. */
export const isSetByHand = ({ committed, metadata }: { committed: bigint | null; metadata: string | null }): boolean =>
  committed !== null && decodeNote(metadata) === undefined;

/** @returns what later commits of the topic say: a group that begins at the end has read since now */
export function noteOf(beginning: Beginning, nowMs: number): CommitNote {
  if (beginning === 'earliest') return { sinceMs: null };
  return beginning === 'end' ? { sinceMs: nowMs } : beginning;
}

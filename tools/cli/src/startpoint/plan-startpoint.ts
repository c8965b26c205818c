import { CliError } from '../cli-error.ts';
import type { CommittedOffset } from '../kafka/group-admin.ts';
import type { PartitionBounds } from '../kafka/log-reader.ts';

/** Where a group shall read on. */
export type Startpoint =
  | { readonly kind: 'earliest' }
  | { readonly kind: 'latest' }
  /** The first record that is not older; UTC milliseconds. */
  | { readonly kind: 'time'; readonly at: number }
  /** By partition; partitions that are not named stay where they are. */
  | { readonly kind: 'offsets'; readonly offsets: ReadonlyMap<number, number> };

/** One partition of a plan. Counts are of offsets: a compacted topic holds fewer records. */
export interface StartpointMove {
  readonly topic: string;
  readonly partition: number;
  /** What is committed now; null: nothing. */
  readonly from: number | null;
  readonly to: number;
  /** Records that the group will not read: those between where it stands, or the oldest kept if nothing is committed, and `to`. */
  readonly skipped: number;
  /** Records that it will read a second time. */
  readonly repeated: number;
}

/** What is known of one topic before its startpoint is planned. */
export interface TopicFacts {
  readonly topic: string;
  readonly bounds: readonly PartitionBounds[];
  readonly committed: readonly CommittedOffset[];
  /** For a time: the offset of each partition. */
  readonly offsetsAtTime?: ReadonlyMap<number, number>;
}

const invalid = (why: string): CliError => new CliError('STARTPOINT_INVALID', `${why}; nothing was changed`);

function checkOffsets({ topic, bounds }: TopicFacts, offsets: ReadonlyMap<number, number>): void {
  const wrong = [...offsets].flatMap(([partition, offset]) => {
    const found = bounds.find((each) => each.partition === partition);
    if (found === undefined) return [`partition ${partition} is none of ${topic}: it has ${bounds.length}`];
    if (offset >= found.low && offset <= found.end) return [];
    return [`${partition}=${offset} lies outside ${topic}: partition ${partition} holds ${found.low} to ${found.end}`];
  });
  if (wrong.length > 0) throw invalid(wrong.join('; '));
}

function targetOf(
  startpoint: Startpoint,
  { low, end, partition }: PartitionBounds,
  facts: TopicFacts,
): number | undefined {
  switch (startpoint.kind) {
    case 'earliest':
      return low;
    case 'latest':
      return end;
    case 'time':
      return facts.offsetsAtTime?.get(partition) ?? end;
    case 'offsets':
      return startpoint.offsets.get(partition);
  }
}

/**
 * The first record that a group has not read. One that stands behind the end has read another log: its topic was made anew, and of this one it has
 * read nothing.
 */
const standingAt = (from: number | null, { low, end }: PartitionBounds): number =>
  from === null || from > end ? low : Math.max(from, low);

/**
 * What a startpoint would do to the partitions of one topic.
 *
 * @returns a move for each partition that the startpoint names, also for one that stays where it is
 * @throws {CliError} STARTPOINT_INVALID for an offset that the partition does not hold
 */
export function planStartpoint(startpoint: Startpoint, facts: TopicFacts): StartpointMove[] {
  if (startpoint.kind === 'offsets') checkOffsets(facts, startpoint.offsets);
  return facts.bounds.flatMap((bounds) => {
    const to = targetOf(startpoint, bounds, facts);
    if (to === undefined) return [];
    const from = facts.committed.find(({ partition }) => partition === bounds.partition)?.offset ?? null;
    const standsAt = standingAt(from, bounds);
    return [
      {
        topic: facts.topic,
        partition: bounds.partition,
        from,
        to,
        skipped: Math.max(0, to - standsAt),
        repeated: Math.max(0, standsAt - to),
      },
    ];
  });
}

/** Which topics of which group must be read without a gap. */
export type MustReadAll = (group: string, topic: string) => boolean;

/** @throws {CliError} STARTPOINT_HIDES_CHANGE if a topic that must be read without a gap would lose a record */
export function refuseGaps(group: string, moves: readonly StartpointMove[], mustReadAll: MustReadAll): void {
  const gaps = moves.filter(({ topic, skipped }) => skipped > 0 && mustReadAll(group, topic));
  if (gaps.length === 0) return;
  const lines = gaps.map(
    ({ topic, partition, from, to, skipped }) =>
      `  ${topic} ${partition}: ${from ?? 'nothing'} -> ${to} would skip ${skipped}`,
  );
  throw new CliError(
    'STARTPOINT_HIDES_CHANGE',
    `${group} must read every visibility record: one that is skipped could leave a hidden value visible; nothing was changed\n` +
      `${lines.join('\n')}\n  going back is allowed; to catch up faster, give ${group} more replicas, up to its partitions; ` +
      'to move its other topics, name them with --topic',
  );
}

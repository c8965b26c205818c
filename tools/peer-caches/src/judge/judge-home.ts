import type { ChangeRecord, Recorded, ReadRecord } from './record.ts';

/** What a design is held to. Only ours is; of the others stale reads are counted. */
export interface Bounds {
  /** Promise (2): a change is obeyed by requests that begin so long after its commit, whatever the feed does. */
  readonly obeyedWithinMs: number;
  /** Facts that were checked longer ago than this are not served without another check. */
  readonly checkedWithinMs: number;
  /** The longest hard TTL, of any status. */
  readonly estimateTtlMsMax: number;
}

export interface HomeVerdict {
  readonly reads: number;
  readonly hits: number;
  readonly invalidations: number;
  /** Reads that began after an INVALIDATE (of a peer: the deletion) was acknowledged and saw facts from before it. */
  readonly staleReads: number;
  /** The longest time from such an acknowledgement to the beginning of a read that saw what was before it. */
  readonly staleMsMax: number;
  /** The same of estimates and their updates, which only converge. */
  readonly staleEstimates: number;
  readonly staleEstimateMsMax: number;
  readonly violations: readonly string[];
}

/** Two readings of the monotonic clock may differ by so little. */
const CLOCK_SLACK_MS = 1;
/** Of one home and one kind; one is enough to look for the others. */
const EXAMPLES_MAX = 3;
/** Servers in a container may have another wall clock than their host, by this. */
const WALL_SLACK_MS = 50;

/** Acknowledgements in order of their end, each with the highest version so far. */
class Acknowledged {
  readonly #ends: number[] = [];
  readonly #versions: number[] = [];

  constructor(changes: readonly ChangeRecord[], endOf: (change: ChangeRecord) => number) {
    let highest = 0;
    for (const change of [...changes].sort((a, b) => endOf(a) - endOf(b))) {
      if (change.version <= highest) continue;
      highest = change.version;
      this.#ends.push(endOf(change));
      this.#versions.push(highest);
    }
  }

  /** When a version above this was first acknowledged; null: never, or not before `began`. */
  firstAbove(version: number, began: number): number | null {
    let low = 0;
    let high = this.#versions.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#versions[middle] ?? 0) > version) high = middle;
      else low = middle + 1;
    }
    const end = this.#ends[low];
    return end !== undefined && end < began ? end : null;
  }
}

function staleness(reads: readonly ReadRecord[], acknowledged: Acknowledged, versionOf: (read: ReadRecord) => number) {
  let stale = 0;
  let longestMs = 0;
  let example: ReadRecord | null = null;
  for (const read of reads) {
    const since = acknowledged.firstAbove(versionOf(read), read.began);
    if (since === null) continue;
    stale += 1;
    example ??= read;
    longestMs = Math.max(longestMs, read.began - since);
  }
  return { stale, longestMs, example };
}

const tell = ({ home, began, facts, estimate, source }: ReadRecord): string =>
  `home ${home} at ${began.toFixed(1)}: facts ${facts}, estimate ${estimate} (${source})`;

/** Versions that nobody had committed yet when the reading ended. */
function findInvented(reads: readonly ReadRecord[], commits: readonly ChangeRecord[]): string[] {
  const began = new Map(commits.map((each) => [each.version, each.began]));
  const isInvented = ({ facts, ended }: ReadRecord): boolean =>
    facts > 1 && (began.get(facts) ?? Number.POSITIVE_INFINITY) > ended + CLOCK_SLACK_MS;
  return reads.filter(isInvented).map((read) => `shown before it was true: ${tell(read)}`);
}

/** Values that outlived the TTL of their estimate, or facts that were served unchecked for too long. */
function findOverdue(reads: readonly ReadRecord[], bounds: Bounds): string[] {
  return reads.flatMap((read) => {
    const { acquiredAt, hardExpiryAt, wallAt, checkedAt, source } = read;
    if (source === 'm') return [];
    const isExpired = wallAt > hardExpiryAt + WALL_SLACK_MS || hardExpiryAt - acquiredAt > bounds.estimateTtlMsMax;
    const isUnchecked = source === 'h' && wallAt - checkedAt > bounds.checkedWithinMs + WALL_SLACK_MS;
    return isExpired || isUnchecked
      ? [`${isExpired ? 'served after its TTL' : 'served unchecked for too long'}: ${tell(read)}`]
      : [];
  });
}

interface Point {
  readonly at: number;
  readonly do: 'read-begins' | 'read-ends' | 'life-ends' | 'life-may-begin';
  readonly read: ReadRecord | null;
}

/** What may end the life of a value: an eviction, an INVALIDATE that removed it, its own expiry (told by the reads that saw it). */
const endsLife = (record: Recorded): boolean => record.kind === 'X' || (record.kind === 'I' && record.removed);

/**
 * Within the life of a value neither half goes back: a hit that began after another one had ended saw nothing older,
 * unless something that ends a life happened in between.
 */
function findBackward(records: readonly Recorded[], hits: readonly ReadRecord[]): string[] {
  const points: Point[] = hits.flatMap((read) => [
    { at: read.began, do: 'read-begins', read },
    { at: read.ended, do: 'read-ends', read },
  ]);
  for (const record of records) {
    if (record.kind === 'F' || !endsLife(record)) continue;
    points.push(
      { at: record.began, do: 'life-ends', read: null },
      { at: record.ended, do: 'life-may-begin', read: null },
    );
  }
  points.sort((a, b) => a.at - b.at);
  const found: string[] = [];
  const floors = new Map<ReadRecord, ReadRecord | null>();
  let floor: ReadRecord | null = null;
  let ending = 0;
  let lifeBegan = Number.NEGATIVE_INFINITY;
  for (const { at, do: what, read } of points) {
    if (what === 'life-ends') {
      ending += 1;
      floor = null;
    } else if (what === 'life-may-begin') {
      ending -= 1;
      lifeBegan = at;
      floor = null;
      floors.clear(); // who reads now may have looked before or after
    } else if (read !== null && what === 'read-begins') {
      if (ending === 0) floors.set(read, floor);
    } else if (read !== null) {
      const before = floors.get(read) ?? null;
      floors.delete(read);
      if (ending > 0 || read.began < lifeBegan) continue;
      if (before !== null && isBack(before, read)) found.push(`went back from ${tell(before)} to ${tell(read)}`);
      if (floor === null || isNewer(read, floor)) floor = read;
    }
  }
  return found;
}

/** A value whose TTL had ended meanwhile is another life. A fetched `none` has no version: only facts can be compared. */
const isBack = (before: ReadRecord, read: ReadRecord): boolean =>
  before.hardExpiryAt > read.wallAt + (read.ended - read.began) &&
  (read.facts < before.facts || (read.estimate > 0 && before.estimate > 0 && read.estimate < before.estimate));

const isNewer = (read: ReadRecord, floor: ReadRecord): boolean =>
  read.facts > floor.facts || (read.facts === floor.facts && read.estimate >= floor.estimate);

const findDiverged = (records: readonly Recorded[]): string[] =>
  records.flatMap((record) => {
    if (record.kind !== 'F') return [];
    const { home, facts, estimate, trueFacts, trueEstimate } = record;
    if (facts === trueFacts && estimate === trueEstimate) return [];
    return [`in the end home ${home} holds ${facts}/${estimate}, and the sources ${trueFacts}/${trueEstimate}`];
  });

/**
 * Judges all that was recorded of one home, after the fact.
 *
 * @param bounds  null: count what is stale, and hold it to nothing
 */
export function judgeHome(records: readonly Recorded[], bounds: Bounds | null): HomeVerdict {
  const reads = records.filter((record) => record.kind === 'R');
  const changes = records.filter((record): record is ChangeRecord => 'version' in record);
  const those = (kind: ChangeRecord['kind']) => changes.filter((change) => change.kind === kind);
  const invalidated = new Acknowledged(those('I'), ({ ended }) => ended);
  const facts = staleness(reads, invalidated, (read) => read.facts);
  const estimates = staleness(
    reads.filter(({ estimate }) => estimate > 0),
    new Acknowledged(those('U'), ({ ended }) => ended),
    (read) => read.estimate,
  );
  const hits = reads.filter(({ source }) => source !== 'm');
  const counted = {
    reads: reads.length,
    hits: hits.length,
    invalidations: those('I').length,
    staleReads: facts.stale,
    staleMsMax: facts.longestMs,
    staleEstimates: estimates.stale,
    staleEstimateMsMax: estimates.longestMs,
  };
  if (bounds === null) return { ...counted, violations: [] };
  const committed = new Acknowledged(those('C'), ({ ended }) => ended + bounds.obeyedWithinMs);
  const disobeyed = staleness(reads, committed, (read) => read.facts);
  const violations = [
    ...(facts.example === null ? [] : [`${facts.stale} older than an acknowledged INVALIDATE: ${tell(facts.example)}`]),
    ...(disobeyed.example === null
      ? []
      : [`${disobeyed.stale} against a change of long ago: ${tell(disobeyed.example)}`]),
    ...findInvented(reads, those('C')).slice(0, EXAMPLES_MAX),
    ...findOverdue(reads, bounds).slice(0, EXAMPLES_MAX),
    ...findBackward(records, hits).slice(0, EXAMPLES_MAX),
    ...findDiverged(records),
  ];
  return { ...counted, violations };
}

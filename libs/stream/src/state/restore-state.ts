import type { Clock } from '../clock.ts';
import type { StreamLogger } from '../log.ts';
import type { TopicPartition } from '../port.ts';
import type { ChangelogClient } from './changelog-client.ts';
import { barrierRecord, checkpointBytes, checkpointOf, type Checkpoint } from './changelog-records.ts';
import { Replay } from './replay.ts';
import type { StateEngine } from './state-engine.ts';
import { StateError } from './state-error.ts';

export interface RestoreOptions {
  /** The partition of the changelog. */
  readonly at: TopicPartition;
  /** The topic whose offsets the markers name. */
  readonly input: string;
  readonly ownerId: string;
  readonly engine: StateEngine;
  readonly changelog: ChangelogClient;
  readonly clock: Clock;
  readonly log: StreamLogger;
  /** False as soon as nobody needs the restore any more. */
  isWanted(): boolean;
  /** A progress line goes out this often. */
  readonly progressEveryMs: number;
  /** Changes of one transaction on the disk, and their bytes: what is held in memory until then. One read may go past either. */
  readonly changesMax: number;
  readonly changeBytesMax: number;
}

/** What an owner begins with. */
export interface Restored {
  readonly checkpoint: Checkpoint;
  /** The owner's, and the offset of its barrier. */
  readonly epoch: bigint;
  /** Keys that the owner must write again: the last record of each in the changelog does not count. */
  readonly repairs: readonly Buffer[];
  /** Records read, ours and others'. */
  readonly records: number;
}

/**
 * Brings the local copy up to the changelog, from its own checkpoint on.
 *
 * A barrier goes first: what is behind it belongs to this owner, and what an earlier one still writes there counts for nothing. A copy of
 * another log is thrown away, and all is read.
 *
 * @returns undefined if it was not wanted any more
 * @throws  {StateError} CHANGELOG_BEHIND, CHANGELOG_CUT, STATE_LOST, STATE_DISK_FAILED; what the client throws while the log is down
 */
export async function restoreState(options: RestoreOptions): Promise<Restored | undefined> {
  const { at, engine, changelog, ownerId } = options;
  const from = await usableCheckpoint(options);
  if (!options.isWanted()) return undefined;
  const epoch = await changelog.append(at, [barrierRecord(ownerId)]);
  const restored = await readUpTo(options, from, epoch);
  if (restored !== 'another log') return restored;
  options.log.warn('the local copy is of another changelog; all of it is restored', { ...at });
  await engine.clear();
  const again = await readUpTo(options, await usableCheckpoint(options), epoch);
  return again === 'another log' ? undefined : again;
}

/** @returns where to read from */
async function usableCheckpoint({ at, engine, changelog }: RestoreOptions): Promise<Checkpoint> {
  const local = checkpointOf(engine.checkpoint());
  const { start, end } = await changelog.bounds(at);
  const name = `${at.topic}/${at.partition}`;
  if (local.offset > end)
    throw new StateError(
      'CHANGELOG_BEHIND',
      `${name} ends at ${end} and the local copy is of ${local.offset}: the topic was deleted or lost records. To trust the log, delete the local copy; to trust nothing, both.`,
    );
  if (local.offset >= start) return local;
  throw new StateError(
    'CHANGELOG_CUT',
    `${name} begins at ${start}, and the local copy ends at ${local.offset}: what lies between is gone. Put the topic back, or begin with empty state: delete the local copy and make the topic anew (compacted, never "delete").`,
  );
}

async function readUpTo(
  options: RestoreOptions,
  from: Checkpoint,
  epoch: bigint,
): Promise<Restored | undefined | 'another log'> {
  const { at, engine, changelog, changesMax, changeBytesMax, log } = options;
  const replay = new Replay(options.input, from);
  const progress = createProgress(options, from.offset, epoch);
  let next = from.offset;
  const save = (): Promise<void> => engine.write(replay.takeApplied(), checkpointBytes(replay.checkpointAt(next)));
  while (next <= epoch) {
    if (!options.isWanted()) return undefined;
    const piece = await changelog.read(at, next);
    for (const record of piece.records) if (record.offset <= epoch) replay.take(record);
    next = piece.nextOffset > epoch ? epoch + 1n : piece.nextOffset;
    if (replay.isAnotherLog) return 'another log';
    progress.read(piece.records.length, next);
    if (replay.applied.changes >= changesMax || replay.applied.bytes >= changeBytesMax) await save();
  }
  const repairs = replay.repairs();
  await save();
  if (replay.stale > 0 || repairs.length > 0)
    log.warn('records of the changelog do not count: a zombie or half a flush', {
      ...at,
      stale: replay.stale,
      repairs: repairs.length,
    });
  progress.end();
  const checkpoint = { ...replay.checkpointAt(next), offset: next };
  return { checkpoint, epoch, repairs, records: progress.records };
}

/** Says how far a restore is, every few seconds, and how it ended if it ever said so or read much. */
function createProgress({ at, clock, log, progressEveryMs }: RestoreOptions, from: bigint, to: bigint) {
  let records = 0;
  const startedAt = clock.now();
  let saidAt = startedAt;
  return {
    get records() {
      return records;
    },
    read(count: number, next: bigint): void {
      records += count;
      if (clock.now() - saidAt < progressEveryMs) return;
      saidAt = clock.now();
      const percent = Math.floor((100 * Number(next - from)) / Math.max(1, Number(to + 1n - from)));
      log.info('restoring state', { ...at, records, percent });
    },
    end(): void {
      log.info('state is restored', { ...at, records, tookMs: clock.now() - startedAt });
    },
  };
}

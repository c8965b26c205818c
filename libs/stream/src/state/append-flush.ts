import type { TopicPartition } from '../port.ts';
import type { ChangelogClient, ChangelogRecord } from './changelog-client.ts';
import { entryRecord, markerRecord, readRecord, type Marker, type Stamp } from './changelog-records.ts';
import type { StateChange } from './state-engine.ts';
import { StateError } from './state-error.ts';

export interface Flush {
  readonly changes: readonly StateChange[];
  readonly marker: Marker;
  readonly stamp: Stamp;
  /** Where this owner's last record was followed: what comes next should be this flush. */
  readonly expectedOffset: bigint;
}

export interface AppendOptions {
  readonly at: TopicPartition;
  readonly ownerId: string;
  readonly changelog: ChangelogClient;
  readonly batchBytesMax: number;
}

export interface Appended {
  readonly nextOffset: bigint;
  /** Keys that somebody else wrote between our flushes: a zombie, or a request of ours that came late. */
  readonly foreign: readonly Buffer[];
  /** A barrier of ours that came late: the epoch from now on. The flush is behind it, and must be written again. */
  readonly newEpoch: bigint | undefined;
}

/**
 * Writes a flush: one batch, or several with the marker in the last. Every batch's offset says whether somebody wrote between; then what he wrote
 * is read, because the changelog must say in the end what this owner's disk says.
 *
 * @throws {StateError} STATE_LOST when a later owner's barrier lies between; CHANGELOG_BEHIND when the log ends before where it ended
 */
export async function appendFlush(options: AppendOptions, flush: Flush): Promise<Appended> {
  const foreign = new Map<string, Buffer>();
  let expected = flush.expectedOffset;
  let newEpoch: bigint | undefined;
  for (const batch of batchesOf(flush, options.batchBytesMax)) {
    const offset = await options.changelog.append(options.at, batch);
    if (offset < expected) throw shrunk(options.at, offset, expected);
    const gap = offset === expected ? undefined : await inspectGap(options, expected, offset);
    for (const key of gap?.keys ?? []) foreign.set(key.toString('latin1'), key);
    newEpoch = gap?.ownBarrier ?? newEpoch;
    expected = offset + BigInt(batch.length);
  }
  return { nextOffset: expected, foreign: [...foreign.values()], newEpoch };
}

const shrunk = ({ topic, partition }: TopicPartition, offset: bigint, expected: bigint): StateError =>
  new StateError(
    'CHANGELOG_BEHIND',
    `${topic}/${partition} took a record at ${offset}, and had ${expected} before: the topic was deleted or lost records`,
  );

function* batchesOf({ changes, marker, stamp }: Flush, bytesMax: number): Generator<ChangelogRecord[]> {
  let batch: ChangelogRecord[] = [];
  let bytes = 0;
  for (const { key, value } of changes) {
    const record = entryRecord(key, value, stamp);
    const size = sizeOf(record);
    if (batch.length > 0 && bytes + size > bytesMax) {
      yield batch;
      batch = [];
      bytes = 0;
    }
    batch.push(record);
    bytes += size;
  }
  batch.push(markerRecord(marker, stamp));
  yield batch;
}

/** The names and lengths of headers too. */
const RECORD_OVERHEAD_BYTES = 128;
const sizeOf = ({ key, value }: ChangelogRecord): number => key.length + (value?.length ?? 0) + RECORD_OVERHEAD_BYTES;

async function inspectGap(
  { at, ownerId, changelog }: AppendOptions,
  from: bigint,
  to: bigint,
): Promise<{ keys: Buffer[]; ownBarrier: bigint | undefined }> {
  const keys: Buffer[] = [];
  let ownBarrier: bigint | undefined;
  for (let next = from; next < to;) {
    const { records, nextOffset } = await changelog.read(at, next);
    for (const raw of records.filter(({ offset }) => offset < to)) {
      const record = readRecord(raw);
      if (record?.kind === 'entry') keys.push(record.key);
      if (record?.kind !== 'barrier') continue;
      if (record.ownerId !== ownerId)
        throw new StateError('STATE_LOST', `${at.topic}/${at.partition} has a later owner`);
      ownBarrier = raw.offset;
    }
    next = nextOffset;
  }
  return { keys, ownBarrier };
}

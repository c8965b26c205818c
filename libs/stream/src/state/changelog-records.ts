import type { RawRecord } from '../port.ts';
import type { ChangelogRecord } from './changelog-client.ts';
import { bytesOf, expiryOf, NEVER, storedOf } from './stored-value.ts';

/**
 * When a record was written, in the order that counts: by owner, then by flush. An owner's epoch is the offset of its barrier, which the log
 * itself has given out: no two owners share one, and a later owner's is higher.
 */
export interface Stamp {
  readonly epoch: bigint;
  /** Flushes of one owner, from 1. */
  readonly flush: number;
}

export const noStamp: Stamp = { epoch: -1n, flush: 0 };

/** @returns negative, zero or positive */
export const compareStamps = (a: Stamp, b: Stamp): number =>
  a.epoch === b.epoch ? a.flush - b.flush : Number(a.epoch - b.epoch);

/** For which offsets of its input the state stands. */
export interface Marker {
  readonly input: string;
  /** The group was known to have committed this. */
  readonly base: bigint;
  /** Everything below it is in the state. */
  readonly next: bigint;
  /** Names the log: minted by the owner that found it empty. A topic that was deleted and made again has another. */
  readonly logId: string;
}

/** Keys of the two records that are no entries; an entry's key has a zero byte. The last of each survives compaction. */
const BARRIER_KEY = Buffer.from('__barrier');
const CHECKPOINT_KEY = Buffer.from('__checkpoint');

const headers = { epoch: 'state.epoch', flush: 'state.flush', expiresAt: 'state.expires-at' } as const;

const stampHeaders = ({ epoch, flush }: Stamp): Record<string, Buffer> => ({
  [headers.epoch]: Buffer.from(String(epoch)),
  [headers.flush]: Buffer.from(String(flush)),
});

/** The first record of an owner; it needs no stamp, for its own offset is the epoch. */
export const barrierRecord = (ownerId: string): ChangelogRecord => ({
  key: BARRIER_KEY,
  value: Buffer.from(JSON.stringify({ ownerId })),
  headers: {},
});

/** The end of a flush: everything before it with the same stamp counts. */
export const markerRecord = (marker: Marker, stamp: Stamp): ChangelogRecord => ({
  key: CHECKPOINT_KEY,
  value: Buffer.from(markerText(marker)),
  headers: stampHeaders(stamp),
});

/** One changed entry; the value is the serde's, so that anybody who has the schema can read it. */
export function entryRecord(key: Buffer, stored: Buffer | null, stamp: Stamp): ChangelogRecord {
  if (stored === null) return { key, value: null, headers: stampHeaders(stamp) };
  const expiresAt = expiryOf(stored);
  const expiry = expiresAt === NEVER ? {} : { [headers.expiresAt]: Buffer.from(String(expiresAt)) };
  return { key, value: bytesOf(stored), headers: { ...stampHeaders(stamp), ...expiry } };
}

/** A record of the changelog, told apart. */
export type ReadRecord =
  | { readonly kind: 'barrier'; readonly ownerId: string }
  | { readonly kind: 'marker'; readonly stamp: Stamp; readonly marker: Marker }
  | { readonly kind: 'entry'; readonly stamp: Stamp; readonly key: Buffer; readonly stored: Buffer | null };

/** @returns undefined for a record that no owner wrote */
export function readRecord(raw: RawRecord): ReadRecord | undefined {
  const { key, value } = raw;
  if (key === null) return undefined;
  if (key.equals(BARRIER_KEY)) return { kind: 'barrier', ownerId: ownerIn(value) };
  const stamp = stampIn(raw);
  if (stamp === undefined) return undefined;
  if (key.equals(CHECKPOINT_KEY))
    return value === null ? undefined : { kind: 'marker', stamp, marker: markerOf(value.toString()) };
  const expiresAt = Number(raw.headers[headers.expiresAt]?.toString() ?? NEVER);
  return { kind: 'entry', stamp, key, stored: value === null ? null : storedOf(value, expiresAt) };
}

const ownerIn = (value: Buffer | null): string =>
  value === null ? '' : (JSON.parse(value.toString()) as { ownerId: string }).ownerId;

function stampIn({ headers: found }: RawRecord): Stamp | undefined {
  const epoch = found[headers.epoch]?.toString();
  const flush = found[headers.flush]?.toString();
  return epoch === undefined || flush === undefined ? undefined : { epoch: BigInt(epoch), flush: Number(flush) };
}

const markerText = ({ input, base, next, logId }: Marker): string =>
  JSON.stringify({ input, base: String(base), next: String(next), logId });

function markerOf(text: string): Marker {
  const { input, base, next, logId } = JSON.parse(text) as Record<keyof Marker, string>;
  return { input, base: BigInt(base), next: BigInt(next), logId };
}

/** What the disk knows of the changelog it is a copy of. */
export interface Checkpoint {
  /** Everything below is in the copy. */
  readonly offset: bigint;
  /** The newest stamp below that offset. */
  readonly newest: Stamp;
  readonly marker: Marker | undefined;
}

export const emptyCheckpoint: Checkpoint = { offset: 0n, newest: noStamp, marker: undefined };

export const checkpointBytes = ({ offset, newest, marker }: Checkpoint): Buffer =>
  Buffer.from(
    JSON.stringify({
      offset: String(offset),
      epoch: String(newest.epoch),
      flush: newest.flush,
      marker: marker === undefined ? null : markerText(marker),
    }),
  );

export function checkpointOf(bytes: Buffer | undefined): Checkpoint {
  if (bytes === undefined) return emptyCheckpoint;
  const { offset, epoch, flush, marker } = JSON.parse(bytes.toString()) as {
    offset: string;
    epoch: string;
    flush: number;
    marker: string | null;
  };
  return {
    offset: BigInt(offset),
    newest: { epoch: BigInt(epoch), flush },
    marker: marker === null ? undefined : markerOf(marker),
  };
}

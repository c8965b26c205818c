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
  /** Tries of one flush, rising: one whose answer was lost may reach the log behind the next, which has all of it and more. */
  readonly attempt: number;
}

export const noStamp: Stamp = { epoch: -1n, flush: 0, attempt: 0 };

/** @returns negative, zero or positive */
export const compareStamps = (a: Stamp, b: Stamp): number =>
  a.epoch === b.epoch ? a.flush - b.flush || a.attempt - b.attempt : Number(a.epoch - b.epoch);

/** For which offsets of its input the state stands. */
export interface Marker {
  readonly input: string;
  /** The group was known to have committed this. */
  readonly base: bigint;
  /** Everything below it is in the state. */
  readonly next: bigint;
  /** The offset that an operator had set and that `base` is, until the group has committed one of its own: it is not obeyed a second time. */
  readonly obeyed?: bigint | undefined;
  /** Names the log: minted by the owner that found it empty. A topic that was deleted and made again has another. */
  readonly logId: string;
}

/** Keys of the two records that are no entries; an entry's key has a zero byte. The last of each survives compaction. */
const BARRIER_KEY = Buffer.from('__barrier');
const CHECKPOINT_KEY = Buffer.from('__checkpoint');

const headers = {
  epoch: 'state.epoch',
  flush: 'state.flush',
  attempt: 'state.attempt',
  expiresAt: 'state.expires-at',
} as const;

const stampHeaders = ({ epoch, flush, attempt }: Stamp): Record<string, Buffer> => ({
  [headers.epoch]: Buffer.from(String(epoch)),
  [headers.flush]: Buffer.from(String(flush)),
  [headers.attempt]: Buffer.from(String(attempt)),
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
  if (epoch === undefined || flush === undefined) return undefined;
  return { epoch: BigInt(epoch), flush: Number(flush), attempt: Number(found[headers.attempt]?.toString() ?? 0) };
}

const markerText = ({ input, base, next, logId, obeyed }: Marker): string =>
  JSON.stringify({ input, base: String(base), next: String(next), logId, obeyed: obeyed?.toString() });

function markerOf(text: string): Marker {
  const { input, base, next, logId, obeyed } = JSON.parse(text) as Record<keyof Marker, string> & { obeyed?: string };
  return {
    input,
    base: BigInt(base),
    next: BigInt(next),
    logId,
    obeyed: obeyed === undefined ? undefined : BigInt(obeyed),
  };
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
      attempt: newest.attempt,
      marker: marker === undefined ? null : markerText(marker),
    }),
  );

export function checkpointOf(bytes: Buffer | undefined): Checkpoint {
  if (bytes === undefined) return emptyCheckpoint;
  const { offset, epoch, flush, attempt, marker } = JSON.parse(bytes.toString()) as {
    offset: string;
    epoch: string;
    flush: number;
    attempt: number;
    marker: string | null;
  };
  return {
    offset: BigInt(offset),
    newest: { epoch: BigInt(epoch), flush, attempt },
    marker: marker === null ? undefined : markerOf(marker),
  };
}

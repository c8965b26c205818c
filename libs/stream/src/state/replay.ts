import type { RawRecord } from '../port.ts';
import { compareStamps, readRecord, type Checkpoint, type Marker, type Stamp } from './changelog-records.ts';
import type { StateChange } from './state-engine.ts';

/** Changes of one flush whose end has not been seen. */
interface Staged {
  readonly stamp: Stamp;
  readonly changes: (StateChange & { readonly offset: bigint })[];
}

/** A key that the log has wrong at this offset, and right only if it has it again behind. */
interface Repair {
  readonly key: Buffer;
  readonly offset: bigint;
}

/** A place that the disk must not be said to be past, and the newest stamp before it. */
interface Hold {
  readonly offset: bigint;
  readonly newest: Stamp;
}

const nameOf = (key: Buffer): string => key.toString('latin1');

/**
 * Reads a changelog into changes: pure, record by record.
 *
 * A flush counts once its marker, or anything of a later flush that counts, has been read. What nothing completes is the half of a flush whose
 * owner was killed: it does not count. Nor does a record behind a newer one's stamp: a zombie wrote it, or a request that came late. Compaction
 * could keep such a record and drop the true one, so its key is told to the new owner, who writes the true value again.
 */
export class Replay {
  /** Entries of zombies and of late requests. */
  stale = 0;
  readonly #input: string;
  #newest: Stamp;
  #marker: Marker | undefined;
  #staged: Staged[] = [];
  #applied: StateChange[] = [];
  #appliedBytes = 0;
  #repairs = new Map<string, Repair>();
  #hold: Hold | undefined;
  #logIds = new Set<string>();

  constructor(input: string, from: Checkpoint) {
    this.#input = input;
    this.#newest = from.newest;
    this.#marker = from.marker;
  }

  get marker(): Marker | undefined {
    return this.#marker;
  }

  /** True if the records are not of the log that the checkpoint is of: the topic was deleted and made again. */
  get isAnotherLog(): boolean {
    return this.#logIds.size > 1;
  }

  take(raw: RawRecord): void {
    const record = readRecord(raw);
    if (record === undefined) return;
    if (record.kind === 'barrier') {
      this.#newest = { epoch: raw.offset, flush: 0, attempt: 0 };
      return;
    }
    const { stamp } = record;
    if (record.kind === 'marker') this.#noteLog(record.marker);
    if (compareStamps(stamp, this.#newest) < 0) return this.#takeStale(record, raw.offset);
    this.#stage(stamp, raw.offset);
    const { offset } = raw;
    if (record.kind === 'entry') this.#staged.at(-1)?.changes.push({ key: record.key, value: record.stored, offset });
    else this.#complete(record.marker);
  }

  /** Changes that count, in order; each is given once. */
  takeApplied(): StateChange[] {
    const applied = this.#applied;
    this.#applied = [];
    this.#appliedBytes = 0;
    return applied;
  }

  /** What `takeApplied` would give. */
  get applied(): { readonly changes: number; readonly bytes: number } {
    return { changes: this.#applied.length, bytes: this.#appliedBytes };
  }

  /** What the disk may say of itself once it has the changes given so far. @param nextOffset  everything below was taken */
  checkpointAt(nextOffset: bigint): Checkpoint {
    const { offset, newest } = this.#hold ?? { offset: nextOffset, newest: this.#newest };
    return { offset, newest, marker: this.#marker };
  }

  /** At the end of the log: keys whose last record there does not count. */
  repairs(): Buffer[] {
    for (const { changes } of this.#staged)
      for (const { key, offset } of changes) this.#repairs.set(nameOf(key), { key, offset });
    return [...this.#repairs.values()].map(({ key }) => key);
  }

  #takeStale(record: { kind: string; key?: Buffer }, offset: bigint): void {
    this.stale += 1;
    if (record.key === undefined) return;
    this.#hold ??= { offset, newest: this.#newest };
    this.#repairs.set(nameOf(record.key), { key: record.key, offset });
  }

  #stage(stamp: Stamp, offset: bigint): void {
    const last = this.#staged.at(-1);
    if (last !== undefined && compareStamps(last.stamp, stamp) === 0) return;
    // An owner begins a flush only when the one before it is acknowledged whole; of another try of the same flush that says nothing.
    if (last?.stamp.epoch === stamp.epoch && last.stamp.flush !== stamp.flush) this.#apply();
    this.#hold ??= { offset, newest: this.#newest };
    this.#staged.push({ stamp, changes: [] });
    this.#newest = stamp;
  }

  #complete(marker: Marker): void {
    this.#apply();
    this.#marker = marker.input === this.#input ? marker : this.#marker;
  }

  /** All that is staged counts: halves among it are overwritten whole by the flush that their next owner began with. */
  #apply(): void {
    for (const { changes } of this.#staged)
      for (const { key, value, offset } of changes) {
        if ((this.#repairs.get(nameOf(key))?.offset ?? offset) <= offset) this.#repairs.delete(nameOf(key));
        this.#applied.push({ key, value });
        this.#appliedBytes += key.length + (value?.length ?? 0);
      }
    this.#staged = [];
    if (this.#repairs.size === 0) this.#hold = undefined;
  }

  #noteLog({ logId }: Marker): void {
    if (this.#marker !== undefined) this.#logIds.add(this.#marker.logId);
    this.#logIds.add(logId);
  }
}

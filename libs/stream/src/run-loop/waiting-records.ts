import type { RawRecord, TaskDefinition } from '../port.ts';
import { KeyChains, chainOf, type Admitted } from './key-chains.ts';
import { LaneQueue } from './lane-queue.ts';
import { Watermark } from './watermark.ts';

interface Bounds {
  readonly records: number;
  readonly bytes: number;
}

/**
 * The records of one assignment of a partition: those that wait, in what order they may begin, and how far everything is finished.
 *
 * With the order of keys kept it looks past a record whose key is busy, as far as the span allows; each that it looks past is counted by the watermark
 * first, so that no offset is committed over it.
 */
export class WaitingRecords {
  readonly watermark: Watermark;
  readonly #queue = new LaneQueue();
  #chains: KeyChains | undefined;
  readonly #spanRecordsMax: number;
  readonly #now: () => number;
  /** The newest record of each key that has not ended; only where an older one gives way to it. */
  readonly #newestOf: Map<string, bigint> | undefined;

  constructor(
    { order, backlog = 'all' }: Pick<TaskDefinition<unknown>, 'order' | 'backlog'>,
    { spanRecordsMax, now, from = null }: { spanRecordsMax: number; now: () => number; from?: bigint | null },
  ) {
    this.watermark = new Watermark(from);
    this.#chains = order !== 'partition' && order.keyOrder === 'kept' ? new KeyChains() : undefined;
    this.#newestOf = backlog === 'newest-of-key' ? new Map() : undefined;
    this.#spanRecordsMax = spanRecordsMax;
    this.#now = now;
  }

  /** Records that have not begun. */
  get length(): number {
    return this.#queue.length + (this.#chains?.length ?? 0);
  }

  get bytes(): number {
    return this.#queue.bytes + (this.#chains?.bytes ?? 0);
  }

  /** UTC milliseconds since when the oldest record that is not finished has been waiting; null when there is none. */
  get oldestSince(): number | null {
    const { first } = this.#queue;
    return this.watermark.oldestTimestamp ?? (first === undefined ? null : this.#sinceOf(first));
  }

  /** By its own timestamp; by our clock where that is in the future or missing, or a record that is stuck would never look old. */
  #sinceOf({ timestamp }: RawRecord): number {
    const now = this.#now();
    return timestamp > 0 ? Math.min(timestamp, now) : now;
  }

  /** Takes what there is room for. @see LaneQueue.push */
  push(records: readonly RawRecord[], most: Bounds): { added: number; last: bigint | null } {
    const chained = this.#chains ?? { length: 0, bytes: 0 };
    const room = { records: most.records - chained.length, bytes: most.bytes - chained.bytes };
    const taken = this.#queue.push(records, room);
    if (this.#newestOf !== undefined && taken.last !== null) this.#noteNewest(records, taken.last);
    return taken;
  }

  /** @returns the next record that may begin; undefined when none may */
  next(): Admitted | undefined {
    const ready = this.#chains?.takeReady();
    if (ready !== undefined) return ready;
    while (this.watermark.span < this.#spanRecordsMax) {
      const raw = this.#queue.shift();
      if (raw === undefined) return undefined;
      const admitted = { raw, begun: this.watermark.begin(raw.offset, this.#sinceOf(raw)) };
      if (this.#chains === undefined || this.#chains.enter(admitted)) return admitted;
    }
    return undefined;
  }

  /** True for a record that gives way to a newer one of its key. */
  isSuperseded(raw: RawRecord): boolean {
    const key = chainOf(raw);
    return key !== null && (this.#newestOf?.get(key) ?? -1n) > raw.offset;
  }

  /** Forgets what has not begun; what runs may still finish and count. */
  clear(): void {
    this.#queue.clear();
    this.#chains = undefined;
    this.#newestOf?.clear();
  }

  /** The record's process has ended, whatever came of it. */
  ended(raw: RawRecord): void {
    this.#chains?.leave(raw);
    const key = chainOf(raw);
    if (key !== null && this.#newestOf?.get(key) === raw.offset) this.#newestOf.delete(key);
  }

  #noteNewest(records: readonly RawRecord[], last: bigint): void {
    for (const raw of records) {
      if (raw.offset > last) return;
      const key = chainOf(raw);
      if (key !== null && raw.offset > (this.#newestOf?.get(key) ?? -1n)) this.#newestOf?.set(key, raw.offset);
    }
  }
}

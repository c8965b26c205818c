import type { OutgoingRecord } from '../run-loop/output-batcher.ts';

export interface RingRecord {
  readonly record: OutgoingRecord;
  readonly bytes: number;
  /** UTC milliseconds. */
  readonly publishedAt: number;
}

interface RingLimits {
  readonly ringRecordsMax: number;
  readonly ringBytesMax: number;
  readonly batchRecordsMax: number;
  readonly batchBytesMax: number;
}

/** What a record takes beside its bytes: objects. */
const RECORD_OVERHEAD_BYTES = 100;

function bytesOf({ key, value, headers }: OutgoingRecord): number {
  let bytes = RECORD_OVERHEAD_BYTES + (key?.length ?? 0) + (value?.length ?? 0);
  for (const [name, header] of Object.entries(headers)) bytes += name.length + header.length;
  return bytes;
}

/** Records that wait to be acknowledged, oldest first, bounded in count and bytes. */
export class PublisherRing {
  readonly #limits: RingLimits;
  readonly #slots: (RingRecord | undefined)[];
  #head = 0;
  #records = 0;
  #bytes = 0;

  constructor(limits: RingLimits) {
    this.#limits = limits;
    this.#slots = new Array<RingRecord | undefined>(limits.ringRecordsMax);
  }

  get records(): number {
    return this.#records;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** Nothing more goes in, whatever its size. */
  get isFull(): boolean {
    const { ringRecordsMax, ringBytesMax } = this.#limits;
    return this.#records >= ringRecordsMax || this.#bytes + RECORD_OVERHEAD_BYTES > ringBytesMax;
  }

  get hasFullBatch(): boolean {
    return this.#records >= this.#limits.batchRecordsMax || this.#bytes >= this.#limits.batchBytesMax;
  }

  /** @returns false when it is full: the newest is the one to go */
  push(record: OutgoingRecord, publishedAt: number): boolean {
    const bytes = bytesOf(record);
    if (this.isFull || this.#bytes + bytes > this.#limits.ringBytesMax) return false;
    this.#slots[(this.#head + this.#records) % this.#slots.length] = { record, bytes, publishedAt };
    this.#records += 1;
    this.#bytes += bytes;
    return true;
  }

  /** The oldest records that fit one request, at least one; they stay until `remove`. */
  batch(): RingRecord[] {
    const batch: RingRecord[] = [];
    let bytes = 0;
    for (let index = 0; index < this.#records && batch.length < this.#limits.batchRecordsMax; index += 1) {
      const next = this.#slots[(this.#head + index) % this.#slots.length];
      if (next === undefined || (batch.length > 0 && bytes + next.bytes > this.#limits.batchBytesMax)) break;
      batch.push(next);
      bytes += next.bytes;
    }
    return batch;
  }

  /** Takes the oldest `count` out. */
  remove(count: number): RingRecord[] {
    const removed: RingRecord[] = [];
    for (let left = Math.min(count, this.#records); left > 0; left -= 1) {
      const oldest = this.#slots[this.#head];
      this.#slots[this.#head] = undefined;
      this.#head = (this.#head + 1) % this.#slots.length;
      this.#records -= 1;
      if (oldest === undefined) continue;
      this.#bytes -= oldest.bytes;
      removed.push(oldest);
    }
    return removed;
  }

  /** Takes out those published before `at`; they are the oldest, because the ring keeps the order of `publish`. */
  removeOlderThan(at: number): RingRecord[] {
    let count = 0;
    while (count < this.#records && (this.#slots[(this.#head + count) % this.#slots.length]?.publishedAt ?? at) < at)
      count += 1;
    return this.remove(count);
  }

  clear(): RingRecord[] {
    return this.remove(this.#records);
  }
}

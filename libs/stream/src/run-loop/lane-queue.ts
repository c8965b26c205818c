import type { RawRecord } from '../port.ts';

/** Fetched records of one partition that wait to be begun, counted in records and bytes. */
export class LaneQueue {
  #records: RawRecord[] = [];
  #head = 0;
  #bytes = 0;
  #newest = -1n;

  get length(): number {
    return this.#records.length - this.#head;
  }

  get bytes(): number {
    return this.#bytes;
  }

  get first(): RawRecord | undefined {
    return this.#records[this.#head];
  }

  /**
   * Takes records until a limit is reached; at least one when it is empty. Offsets rise, so one that does not was fetched twice: it is passed
   * over.
   *
   * @returns how many were new, and the offset of the last one taken or passed over; null if there was no room
   */
  push(
    records: readonly RawRecord[],
    limits: { records: number; bytes: number },
  ): { added: number; last: bigint | null } {
    let added = 0;
    let last: bigint | null = null;
    for (const record of records) {
      if (record.offset > this.#newest) {
        const bytes = sizeOf(record);
        const isFull = this.length >= limits.records || this.#bytes + bytes > limits.bytes;
        if (isFull && this.length > 0) break;
        this.#newest = record.offset;
        this.#bytes += bytes;
        this.#records.push(record);
        added += 1;
      }
      last = record.offset;
    }
    return { added, last };
  }

  shift(): RawRecord | undefined {
    const record = this.#records[this.#head];
    if (record === undefined) return undefined;
    this.#head += 1;
    this.#bytes -= sizeOf(record);
    if (this.#head >= 256 && this.#head * 2 >= this.#records.length) {
      this.#records = this.#records.slice(this.#head);
      this.#head = 0;
    }
    return record;
  }

  clear(): void {
    this.#records = [];
    this.#head = 0;
    this.#bytes = 0;
  }
}

const sizeOf = ({ key, value }: RawRecord): number => (key?.length ?? 0) + (value?.length ?? 0);

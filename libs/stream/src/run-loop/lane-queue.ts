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

  /** @returns how many were new: offsets rise, so one that does not was fetched twice */
  push(records: readonly RawRecord[]): number {
    let added = 0;
    for (const record of records) {
      if (record.offset <= this.#newest) continue;
      this.#newest = record.offset;
      this.#bytes += sizeOf(record);
      this.#records.push(record);
      added += 1;
    }
    return added;
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

/** A record that has been begun; `finish` takes it back. */
export interface Begun {
  readonly offset: bigint;
  /** The record's own timestamp, UTC milliseconds. */
  readonly timestamp: number;
  finished: boolean;
}

/**
 * The contiguous watermark of one partition: the offset below which everything is finished, whatever finished first above it.
 * Committing the highest finished offset instead would lose every gap on a crash.
 */
export class Watermark {
  #begun: Begun[] = [];
  #first = 0;
  #next: bigint | null;

  /** @param next  where it was sent back to; null: where an assignment begins, it is known with the first record */
  constructor(next: bigint | null = null) {
    this.#next = next;
  }

  /** The offset to commit; null before the first record. */
  get next(): bigint | null {
    return this.#next;
  }

  /** Records begun that the watermark has not passed. */
  get span(): number {
    return this.#begun.length - this.#first;
  }

  /** Timestamp of the first record that is begun and not passed; null when there is none. */
  get oldestTimestamp(): number | null {
    return this.#begun[this.#first]?.timestamp ?? null;
  }

  /** Offsets must be begun in rising order. Gaps (compaction, transaction markers) are no records and hold nothing up. */
  begin(offset: bigint, timestamp = 0): Begun {
    const begun = { offset, timestamp, finished: false };
    this.#begun.push(begun);
    this.#next ??= offset;
    return begun;
  }

  finish(begun: Begun): void {
    begun.finished = true;
    for (let head = this.#begun[this.#first]; head?.finished === true; head = this.#begun[this.#first]) {
      this.#next = head.offset + 1n;
      this.#first += 1;
    }
    this.#forgetPassed();
  }

  /** Cuts the passed part off once it is the larger half: amortised constant, and memory stays that of the span. */
  #forgetPassed(): void {
    if (this.#first < 64 || this.#first * 2 < this.#begun.length) return;
    this.#begun = this.#begun.slice(this.#first);
    this.#first = 0;
  }
}

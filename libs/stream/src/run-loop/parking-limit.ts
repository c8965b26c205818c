import type { Clock } from '../clock.ts';
import { StreamError } from '../errors.ts';

const BUCKET_MS = 1_000;
const BUCKETS = 60;

interface Bucket {
  startAt: number;
  ended: number;
  parked: number;
}

interface Limits {
  readonly parkedPerMinuteMax: number;
  readonly parkedPercentMax: number;
}

/**
 * How fast one process may park, over the minute that has just passed. Beyond both limits, the number and the share of all records that ended, it is
 * not the records that are bad but their reader (a wrong schema, a wrong deployment): the process stops before it empties a topic into the
 * dead letters. A few bad records among none, or a thin share of many, are parked.
 */
export class ParkingLimit {
  readonly #clock: Pick<Clock, 'now'>;
  readonly #limits: Limits;
  readonly #buckets: Bucket[] = [];

  constructor(clock: Pick<Clock, 'now'>, limits: Limits) {
    this.#clock = clock;
    this.#limits = limits;
  }

  /** A record ended, parked or not. */
  ended(): void {
    this.#bucket().ended += 1;
  }

  /** Takes a place for one record, before it is parked. @throws {StreamError} PARKING_TOO_FAST */
  take(): void {
    this.#bucket().parked += 1;
    const { parked, ended } = this.#sum();
    const { parkedPerMinuteMax, parkedPercentMax } = this.#limits;
    // The record that is about to be parked has not ended yet; nor have others beside it.
    const percent = (100 * parked) / Math.max(parked, ended + 1);
    if (parked <= parkedPerMinuteMax || percent <= parkedPercentMax) return;
    throw new StreamError(
      'PARKING_TOO_FAST',
      'crash',
      `${parked} records would be parked within a minute, ${Math.round(percent)} % of those that ended; ${parkedPerMinuteMax} and ${parkedPercentMax} % are allowed`,
    );
  }

  #sum(): { parked: number; ended: number } {
    let parked = 0;
    let ended = 0;
    for (const bucket of this.#buckets) {
      parked += bucket.parked;
      ended += bucket.ended;
    }
    return { parked, ended };
  }

  #bucket(): Bucket {
    const now = this.#clock.now();
    const newest = this.#buckets.at(-1);
    if (newest !== undefined && now < newest.startAt + BUCKET_MS) return newest;
    while (this.#buckets[0] !== undefined && this.#buckets[0].startAt <= now - BUCKETS * BUCKET_MS)
      this.#buckets.shift();
    const bucket = { startAt: now, ended: 0, parked: 0 };
    this.#buckets.push(bucket);
    return bucket;
  }
}

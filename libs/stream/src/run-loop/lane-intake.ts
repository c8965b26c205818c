import type { RawRecord, TopicPartition } from '../port.ts';
import type { LanePorts } from './lane-ports.ts';
import type { WaitingRecords } from './waiting-records.ts';

/** A queue pauses at its bound and never holds more than twice that; a fetch that goes further is cut, and fetched again. */
const HELD_MOST = 2;

type IntakePorts = Pick<LanePorts, 'settings' | 'metrics' | 'pause' | 'resume'>;

/** What one partition takes of what is fetched, and when its fetching pauses. */
export class LaneIntake {
  readonly #ports: IntakePorts;
  readonly #at: TopicPartition;
  #records: WaitingRecords;
  #paused = false;
  /** The next record of the log is larger than the room that there is. */
  #awaitsRoom = false;
  #endOffset: bigint | null = null;

  constructor(ports: IntakePorts, at: TopicPartition, records: WaitingRecords) {
    this.#ports = ports;
    this.#at = at;
    this.#records = records;
  }

  get isPaused(): boolean {
    return this.#paused;
  }

  /** A new assignment: what is fetched waits in `records`. */
  open(records: WaitingRecords): void {
    this.#records = records;
    this.#awaitsRoom = false;
    this.resume();
  }

  /** Queues what was fetched, as far as there is room. @returns the offset of the last record taken; null if none was */
  take(records: readonly RawRecord[], endOffset: bigint): bigint | null {
    this.#endOffset = endOffset;
    const { metrics, settings } = this.#ports;
    const { added, last } = this.#records.push(records, {
      records: settings.queueRecordsMax * HELD_MOST,
      bytes: settings.queueBytesMax * HELD_MOST,
    });
    if (added > 0) metrics.consumed(this.#at, added);
    // One record that is larger than the room beside a few small ones: fetched again when they are done, not over and over until then.
    this.#awaitsRoom = last !== records.at(-1)?.offset && !this.#isAtBound(1);
    return last;
  }

  noteEnd(endOffset: bigint): void {
    this.#endOffset = endOffset;
  }

  /** @param next  the watermark @returns records between it and the end of the partition as it was said last */
  lagOf(next: bigint | null): number {
    return next === null || this.#endOffset === null ? 0 : Math.max(0, Number(this.#endOffset - next));
  }

  /** Pauses or resumes as it has to be now. @param isWaiting  some record waits for its dependency */
  update(isWaiting: boolean): void {
    this.#setPaused(isWaiting || this.#isFull());
  }

  resume(): void {
    this.#setPaused(false);
  }

  #isFull(): boolean {
    if (this.#records.length === 0) this.#awaitsRoom = false; // whatever its size, one record has room now
    return this.#awaitsRoom || this.#isAtBound(this.#paused ? 0.5 : 1); // resumes at half, so that it does not flutter
  }

  #isAtBound(share: number): boolean {
    const { queueRecordsMax, queueBytesMax } = this.#ports.settings;
    return this.#records.length >= queueRecordsMax * share || this.#records.bytes >= queueBytesMax * share;
  }

  #setPaused(paused: boolean): void {
    if (paused === this.#paused) return;
    this.#paused = paused;
    if (paused) this.#ports.pause(this.#at);
    else this.#ports.resume(this.#at);
  }
}

import {
  CacheUnavailable,
  partialAnswers,
  type EstimateCache,
  type FillAnswer,
  type FillRequest,
} from '@porchlight/estimate-cache';
import type { Clock, Timer } from '@porchlight/stream';
import { HoldFull } from './hold-full.ts';

/**
 * While so many homes wait, of all partitions of the process, no record is begun: about 10 MB. Records that are under way then, some of each
 * partition, still find room: what is paid for is not thrown away because others were quicker.
 */
export const UNREACHED_HOMES_MAX = 10_000;
/** A ticket that is older than a flight is remembered (keepMs) is refused: no use in waiting longer. */
export const UNREACHED_MS_MAX = 120_000;
/** How often a node that is away is tried. */
export const UNREACHED_RETRY_MS = 1_000;
/** Homes of one try. */
const BATCH_MAX = 500;

/** A fetched home, and who is told how its fill ended. */
export interface UnreachedHome {
  readonly request: FillRequest;
  readonly onAnswer: (answer: FillAnswer) => void;
}

export interface UnreachedHomesPorts {
  readonly cache: Pick<EstimateCache, 'fill'>;
  readonly clock: Clock;
  /** So many homes are given up: their next reader fetches them. */
  readonly onGivenUp: (homes: number) => void;
  /** The first home waits; the last one no longer does. */
  readonly onWaiting: () => void;
  readonly onNoLonger: () => void;
  /** What no wait mends. */
  readonly onFatal: (error: unknown) => void;
}

interface Waiting extends UnreachedHome {
  readonly since: number;
}

/**
 * Fetched homes whose node of Redis does not answer wait here, so that their record, and the partition behind it, go on for the homes of the others.
 * They are paid for, and a failover takes seconds; so they are tried again while their tickets hold, in memory: what a crash takes is a miss later.
 */
export class UnreachedHomes {
  readonly #ports: UnreachedHomesPorts;
  #waiting: Waiting[] = [];
  #timer: Timer | undefined;
  #trying: Promise<void> = Promise.resolve();
  #isStopped = false;

  constructor(ports: UnreachedHomesPorts) {
    this.#ports = ports;
  }

  get size(): number {
    return this.#waiting.length;
  }

  /** Asked before a record is begun. @throws {HoldFull} its partition waits: nothing is dropped for want of room */
  checkRoom(): void {
    if (this.#waiting.length >= UNREACHED_HOMES_MAX) throw new HoldFull(this.#waiting.length);
  }

  hold(homes: readonly UnreachedHome[]): void {
    if (this.#isStopped) return this.#ports.onGivenUp(homes.length);
    if (homes.length === 0) return;
    const since = this.#ports.clock.now();
    if (this.#waiting.length === 0) this.#ports.onWaiting();
    this.#waiting.push(...homes.map((home): Waiting => ({ ...home, since })));
    this.#schedule();
  }

  /** Tries once more, and gives up the rest. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    this.#timer?.cancel();
    await this.#trying;
    // Side by side: a node that is silent must not take the time of a stop for each batch.
    await Promise.all(this.#batches().map((batch) => this.#fill(batch)));
    this.#giveUp(() => true);
  }

  #schedule(): void {
    if (this.#isStopped) return;
    this.#timer ??= this.#ports.clock.after(UNREACHED_RETRY_MS, () => {
      this.#trying = this.#try().then(() => {
        this.#timer = undefined;
        if (this.#waiting.length > 0) this.#schedule();
      }, this.#ports.onFatal);
    });
  }

  async #try(): Promise<void> {
    const expiresAt = this.#ports.clock.now() - UNREACHED_MS_MAX;
    this.#giveUp(({ since }) => since <= expiresAt);
    for (const batch of this.#batches()) {
      if (this.#isStopped) return; // which tries the rest itself
      await this.#fill(batch);
    }
  }

  #batches(): (readonly Waiting[])[] {
    const all = this.#waiting;
    return Array.from({ length: Math.ceil(all.length / BATCH_MAX) }, (_, n) =>
      all.slice(n * BATCH_MAX, (n + 1) * BATCH_MAX),
    );
  }

  async #fill(batch: readonly Waiting[]): Promise<void> {
    const answers = await this.#answersOf(batch.map(({ request }) => request));
    const answered = new Set(batch.filter((_, at) => (answers[at] ?? null) !== null));
    this.#keep((home) => !answered.has(home));
    batch.forEach(({ onAnswer }, at) => {
      const answer = answers[at] ?? null;
      if (answer !== null) onAnswer(answer);
    });
  }

  async #answersOf(requests: readonly FillRequest[]): Promise<readonly (FillAnswer | null)[]> {
    try {
      return await partialAnswers(this.#ports.cache.fill(requests));
    } catch (error) {
      if (error instanceof CacheUnavailable) return [];
      throw error;
    }
  }

  #giveUp(isOver: (home: Waiting) => boolean): void {
    const before = this.#waiting.length;
    this.#keep((home) => !isOver(home));
    if (this.#waiting.length < before) this.#ports.onGivenUp(before - this.#waiting.length);
  }

  #keep(isKept: (home: Waiting) => boolean): void {
    const before = this.#waiting.length;
    this.#waiting = this.#waiting.filter(isKept);
    if (before > 0 && this.#waiting.length === 0) this.#ports.onNoLonger();
  }
}

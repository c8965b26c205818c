import { once } from 'node:events';
import { keysOf } from '@porchlight/estimate-cache';
import type { connectRedis } from '../drivers.adapter.ts';

type Redis = ReturnType<typeof connectRedis>;

const KEY_GENERATION = 'e1';
/** Where Redis says which keys were written, to a connection of RESP2. */
const CHANNEL = '__redis__:invalidate';
/** What waits is asked for this often in any case: a word that was lost with a connection costs a figure, never the run. */
const SWEEP_MS = 1_000;
const LIMIT_MS = 60_000;
/** How long the first word may take: without words the figures would be those of the sweep. */
const FIRST_WORD_MS = 10_000;
const PROBE_KEY = `${KEY_GENERATION}:{bench}:vanish-watch`;

interface Waiting {
  readonly startedAt: number;
  readonly gone: (at: number) => void;
  readonly late: (error: Error) => void;
}

/**
 * Tells when values are gone from Redis. Redis says itself which keys were written (CLIENT TRACKING), so nothing is polled, and a backlog does not
 * make the watching dearer; whether a key that was written is gone is then asked, and the answer's time counts.
 */
export class VanishWatch {
  readonly #asks: Redis;
  readonly #waiting = new Map<string, Waiting>();
  readonly #sweep: NodeJS.Timeout;

  /** Values whose end only the sweep has found: up to a second late. */
  unheard = 0;

  private constructor(asks: Redis) {
    this.#asks = asks;
    this.#sweep = setInterval(() => {
      const late = [...this.#waiting].filter(([, { startedAt }]) => performance.now() - startedAt > SWEEP_MS);
      void this.#look(late.map(([key]) => key)).then((gone) => (this.unheard += gone));
    }, SWEEP_MS);
  }

  /**
   * Both connections are the caller's to close.
   *
   * @param hears  speaks RESP2
   * @throws if Redis says nothing of a key that is written
   */
  static async over(asks: Redis, hears: Redis): Promise<VanishWatch> {
    const id = await hears.client('ID');
    const watch = new VanishWatch(asks);
    const firstWord = once(hears, 'messageBuffer', { signal: AbortSignal.timeout(FIRST_WORD_MS) });
    await hears.subscribe(CHANNEL);
    await asks.call('CLIENT', 'TRACKING', 'ON', 'REDIRECT', id, 'BCAST', 'PREFIX', `${KEY_GENERATION}:`);
    await asks.set(PROBE_KEY, '', 'PX', FIRST_WORD_MS);
    await firstWord;
    hears.on('messageBuffer', (_channel: Buffer, written: Buffer | readonly Buffer[] | null) => {
      if (Array.isArray(written)) void watch.#look(written.map(String).filter((key) => watch.#waiting.has(key)));
    });
    return watch;
  }

  /** @returns when it was seen to be gone (performance.now) @throws if it is there after a minute */
  untilGone(propertyId: string): Promise<number> {
    const { value } = keysOf(propertyId, KEY_GENERATION);
    return new Promise((gone, late) => {
      this.#waiting.set(value, { startedAt: performance.now(), gone, late });
    });
  }

  stop(): void {
    clearInterval(this.#sweep);
  }

  /** @returns how many of these are gone, and nobody knew */
  async #look(keys: readonly string[]): Promise<number> {
    if (keys.length === 0) return 0;
    const pipeline = this.#asks.pipeline();
    for (const key of keys) pipeline.exists(key);
    const replies = (await pipeline.exec().catch(() => null)) ?? [];
    const now = performance.now();
    return keys.filter((key, at) => this.#judge(key, replies[at]?.[1] === 0, now)).length;
  }

  #judge(key: string, isGone: boolean, now: number): boolean {
    const waiting = this.#waiting.get(key);
    if (waiting === undefined || (!isGone && now - waiting.startedAt < LIMIT_MS)) return false;
    this.#waiting.delete(key);
    if (isGone) waiting.gone(now);
    else waiting.late(new Error(`the value of a home was still there after ${LIMIT_MS} ms`));
    return isGone;
  }
}

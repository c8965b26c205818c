import { setTimeout as delay } from 'node:timers/promises';
import { keysOf } from '@porchlight/estimate-cache';
import type { connectRedis } from '../drivers.adapter.ts';

const KEY_GENERATION = 'e1';
const POLL_MS = 1;
const LIMIT_MS = 30_000;

interface Waiting {
  readonly startedAt: number;
  readonly gone: (at: number) => void;
  readonly late: (error: Error) => void;
}

/** Tells when values are gone from Redis: one pipeline a millisecond for all that are waited for. */
export class VanishWatch {
  readonly #redis: ReturnType<typeof connectRedis>;
  readonly #waiting = new Map<string, Waiting>();
  #running: Promise<void> | null = null;

  constructor(redis: ReturnType<typeof connectRedis>) {
    this.#redis = redis;
  }

  /** @returns when it was seen to be gone (performance.now) @throws if it is there after 30 s */
  untilGone(propertyId: string): Promise<number> {
    const { value } = keysOf(propertyId, KEY_GENERATION);
    return new Promise((gone, late) => {
      this.#waiting.set(value, { startedAt: performance.now(), gone, late });
      this.#running ??= this.#run().finally(() => (this.#running = null));
    });
  }

  async #run(): Promise<void> {
    while (this.#waiting.size > 0) {
      const keys = [...this.#waiting.keys()];
      const pipeline = this.#redis.pipeline();
      for (const key of keys) pipeline.exists(key);
      const replies = (await pipeline.exec()) ?? [];
      const now = performance.now();
      keys.forEach((key, at) => this.#judge(key, replies[at]?.[1] === 0, now));
      await delay(POLL_MS);
    }
  }

  #judge(key: string, isGone: boolean, now: number): void {
    const waiting = this.#waiting.get(key);
    if (waiting === undefined || (!isGone && now - waiting.startedAt < LIMIT_MS)) return;
    this.#waiting.delete(key);
    if (isGone) waiting.gone(now);
    else waiting.late(new Error(`the value of a home was still there after ${LIMIT_MS} ms`));
  }
}

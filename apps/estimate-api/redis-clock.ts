import type { Clock } from '@porchlight/stream';

/** The clock of Redis, as far as this process knows it: it dates the expiries that are compared with it. */
export interface RedisClock {
  /** UTC milliseconds; never ahead of Redis, so that nothing is refreshed before its time. */
  now(): number;
  /** Reads the clock once. @throws what `readTime` throws */
  load(): Promise<void>;
  /** Reads it again every REDIS_CLOCK_POLL_MS. */
  start(): void;
  stop(): void;
}

export interface RedisClockOptions {
  /** TIME: UTC milliseconds by the clock of Redis. */
  readonly readTime: () => Promise<number>;
  /** Milliseconds since some instant; goes on evenly, whatever happens to the host's clock. */
  readonly elapsedMs: () => number;
  readonly clock: Pick<Clock, 'after'>;
}

/** How often Redis is asked for the time: clocks drift by a millisecond in that time, and a failover may change the clock. */
export const REDIS_CLOCK_POLL_MS = 5_000;

/** A clock that nobody has read yet is at the beginning of time: nothing looks expired. */
export function createRedisClock({ readTime, elapsedMs, clock }: RedisClockOptions): RedisClock {
  let aheadMs = Number.NEGATIVE_INFINITY;
  let next: { cancel(): void } | undefined;
  let isPolling = false;

  const load = async (): Promise<void> => {
    const time = await readTime();
    // Redis looked at its clock before its answer was here: taken as now, ours is never ahead.
    aheadMs = time - elapsedMs();
  };
  const poll = async (): Promise<void> => {
    await load().catch(() => undefined); // the last reading is carried on; whether Redis is there, its users find out
    schedule();
  };
  const schedule = (): void => {
    if (isPolling) next = clock.after(REDIS_CLOCK_POLL_MS, () => void poll());
  };
  return {
    load,
    now: () => elapsedMs() + aheadMs,
    start() {
      if (isPolling) return;
      isPolling = true;
      schedule();
    },
    stop() {
      isPolling = false;
      next?.cancel();
    },
  };
}

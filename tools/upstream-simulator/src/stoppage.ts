import { setTimeout as sleep } from 'node:timers/promises';
import type { FastifyRequest } from 'fastify';

/** The most calls that hang at once; one more is dropped at once, so that a fault cannot eat the machine. */
export const HUNG_CALLS_MAX = 10_000;

/** Everything that waits, so that closing ends it. */
export interface Stoppage {
  pause(ms: number): Promise<void>;
  hang(request: FastifyRequest): Promise<void>;
  /** How many calls hang now. */
  hung(): number;
  end(): void;
}

export function createStoppage(): Stoppage {
  const ending = new AbortController();
  const leave = new Set<() => void>();
  ending.signal.addEventListener('abort', () => leave.forEach((go) => go()));
  return {
    async pause(ms) {
      if (ms <= 0 || ending.signal.aborted) return;
      await sleep(ms, undefined, { signal: ending.signal }).catch(() => undefined);
    },
    async hang(request) {
      if (leave.size >= HUNG_CALLS_MAX || ending.signal.aborted || request.raw.socket.destroyed) return;
      await new Promise<void>((resolve) => {
        const go = (): void => {
          leave.delete(go);
          resolve();
        };
        leave.add(go);
        request.raw.socket.once('close', go);
      });
    },
    hung: () => leave.size,
    end: () => ending.abort(),
  };
}

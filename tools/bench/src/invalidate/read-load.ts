import { setTimeout as delay } from 'node:timers/promises';
import { batchGet } from './ask-batch.ts';

/** Homes of one call, as a map shows them. */
const BATCH = 100;

export interface ReadLoad {
  /** Calls answered and homes answered; a call that failed counts as none. */
  stop(): Promise<{ calls: number; failed: number; callsPerS: number }>;
}

/** Calls of a hundred cached homes at a steady rate (open loop), while something else is measured. */
export function startReadLoad(apiUrl: string, propertyIds: readonly string[], callsPerS: number): ReadLoad {
  let [calls, failed, isOn] = [0, 0, true];
  const startedAt = performance.now();
  const under = new Set<Promise<void>>();
  const call = async (): Promise<void> => {
    const from = Math.floor(Math.random() * Math.max(1, propertyIds.length - BATCH));
    try {
      await batchGet(apiUrl, propertyIds.slice(from, from + BATCH));
      calls += 1;
    } catch {
      failed += 1;
    }
  };
  const run = async (): Promise<void> => {
    for (let n = 0; isOn && callsPerS > 0; n += 1) {
      const asked = call().finally(() => void under.delete(asked));
      under.add(asked);
      await delay(Math.max(0, startedAt + ((n + 1) * 1_000) / callsPerS - performance.now()));
    }
  };
  const running = run();
  return {
    async stop() {
      isOn = false;
      await running;
      const tookS = (performance.now() - startedAt) / 1_000;
      await Promise.all(under);
      return { calls, failed, callsPerS: calls / tookS };
    },
  };
}

import { PAUSE_MS_MAX } from '../limits.ts';
import type { BudgetStore, StoreDraw } from '../budget-store.ts';
import type { BucketLimits, DrawOutcome } from '../token-bucket.ts';
import { drawScript, giveBackScript, pauseScript, type BudgetScript } from './draw-script.ts';

/** Runs scripts where their keys are; the transport of `@porchlight/estimate-cache` is one, on every topology. */
export interface ScriptRunner {
  run(
    calls: readonly {
      readonly script: BudgetScript;
      readonly keys: readonly string[];
      readonly args: readonly (string | number)[];
    }[],
  ): Promise<readonly unknown[]>;
}

/** Buckets that nobody has drawn from for so long are full, at one token a second; no pause is longer. */
const KEEP_MS = 3_600_000;

const argsOf = ({ perS, capacity, reserve }: BucketLimits): number[] => [perS, capacity, reserve];

/**
 * The fleet's budget in one hash of Redis, under one key, so one slot: the buckets and the pause are read and written in one step.
 *
 * @throws from every method what the runner throws: Redis does not answer
 */
export function redisBudgetStore({ runner, key }: { runner: ScriptRunner; key: string }): BudgetStore {
  return {
    async draw({ items, lane, limits }) {
      const args = [items, lane, ...argsOf(limits.requests), ...argsOf(limits.items), PAUSE_MS_MAX, KEEP_MS];
      const [reply] = await runner.run([{ script: drawScript, keys: [key], args }]);
      return drawnOf(String(reply));
    },
    async giveBack({ items, limits }) {
      const args = [items, ...argsOf(limits.requests), ...argsOf(limits.items), KEEP_MS];
      await runner.run([{ script: giveBackScript, keys: [key], args }]);
    },
    async pause({ userMs, backgroundMs }) {
      const args = [Math.ceil(userMs), Math.ceil(backgroundMs), PAUSE_MS_MAX, KEEP_MS];
      await runner.run([{ script: pauseScript, keys: [key], args }]);
    },
  };
}

function drawnOf(reply: string): StoreDraw {
  const [outcome, leftMs] = reply.split('|');
  return outcome === 'paused' ? { outcome, leftMs: Number(leftMs) } : { outcome: outcome as DrawOutcome };
}

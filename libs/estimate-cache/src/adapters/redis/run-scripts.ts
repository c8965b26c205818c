import { setTimeout as delay } from 'node:timers/promises';
import { errorOf, repliesOf, type Result } from './pipeline-results.ts';
import { isNoScript, isSplitSlot } from './redis-errors.ts';
import type { ScriptCall, ScriptReply } from './redis-transport.ts';

/** One command as it goes over the wire; all its keys are in the slot of `key`. */
export interface Command {
  readonly name: string;
  readonly key: string;
  readonly args: readonly (string | number | Buffer)[];
}

/** Takes commands to where their keys are, each once, one pipeline for each node. Never rejects; results in order. */
export interface Carrier {
  send(commands: readonly Command[], leftMs: number): Promise<Result[]>;
}

/**
 * How often a script is tried again while its slot is half-moved: 5 + 10 + 20 + 40 ms, enough for the keys of one home
 * to arrive. A slot that stays half-moved is a Redis that is down, for its homes.
 */
export const SPLIT_RETRIES_MAX = 4;
export const SPLIT_RETRY_FIRST_MS = 5;

const keyOf = (call: ScriptCall): string => call.keys[0] ?? '';

const bySha = (call: ScriptCall): Command => {
  const { script, keys, args } = call;
  return { name: 'evalsha', key: keyOf(call), args: [script.sha, keys.length, ...keys, ...args] };
};

const bySource = (call: ScriptCall): Command => {
  const { script, keys, args } = call;
  return { name: 'eval', key: keyOf(call), args: [script.lua, keys.length, ...keys, ...args] };
};

/** One batch on its way: what came back so far, and the time that is left for all of its round trips. */
class Batch {
  readonly results: Result[];
  readonly #carrier: Carrier;
  readonly #calls: readonly ScriptCall[];
  readonly #endsAt: number;

  constructor(carrier: Carrier, calls: readonly ScriptCall[], timeoutMs: number) {
    this.#carrier = carrier;
    this.#calls = calls;
    this.#endsAt = performance.now() + timeoutMs;
    this.results = [];
  }

  leftMs(): number {
    return this.#endsAt - performance.now();
  }

  async sendAll(): Promise<void> {
    this.results.push(...(await this.#carrier.send(this.#calls.map(bySha), this.leftMs())));
  }

  /** The calls whose last answer was such an error: none of them has done anything. */
  failedWith(isSuch: (error: unknown) => boolean): number[] {
    return this.results.flatMap((result, i) => (isSuch(errorOf(result)) ? [i] : []));
  }

  async repeat(which: readonly number[]): Promise<void> {
    const again = this.#callsOf(which).map(bySource);
    const repeated = await this.#carrier.send(again, this.leftMs());
    which.forEach((i, n) => {
      const result = repeated[n];
      if (result !== undefined) this.results[i] = result;
    });
  }

  /** What cannot wait until the slot is whole again; whether it went well, the script finds out. */
  async runWhileSplit(which: readonly number[]): Promise<void> {
    const urgent = this.#callsOf(which).flatMap(({ whileSplit }) => whileSplit ?? []);
    if (urgent.length > 0) await this.#carrier.send(urgent.map(bySource), this.leftMs());
  }

  #callsOf(which: readonly number[]): ScriptCall[] {
    return which.flatMap((i) => this.#calls[i] ?? []);
  }
}

/** A slot that is on its way to another node refuses a script whose keys are not all on one side. */
async function retryWhileSplit(batch: Batch): Promise<void> {
  for (let attempt = 0; attempt < SPLIT_RETRIES_MAX; attempt += 1) {
    const split = batch.failedWith(isSplitSlot);
    if (split.length === 0) return;
    if (attempt === 0) await batch.runWhileSplit(split);
    const pauseMs = SPLIT_RETRY_FIRST_MS * 2 ** attempt;
    if (batch.leftMs() <= pauseMs) return;
    await delay(pauseMs);
    await batch.repeat(split);
  }
}

/**
 * Runs scripts by their digest. A server that has restarted, another one that took its place, and each shard behind a
 * proxy does not know them: those that failed for that did nothing, so they alone are repeated, by their source.
 *
 * @param timeoutMs  for all round trips together
 * @throws {CachePartlyUnavailable | CacheUnavailable | CacheFault} as `RedisTransport.run`
 */
export async function runScripts(
  carrier: Carrier,
  calls: readonly ScriptCall[],
  timeoutMs: number,
): Promise<ScriptReply[]> {
  if (calls.length === 0) return [];
  const batch = new Batch(carrier, calls, timeoutMs);
  await batch.sendAll();
  const unknown = batch.failedWith(isNoScript);
  if (unknown.length > 0) await batch.repeat(unknown);
  await retryWhileSplit(batch);
  return repliesOf(batch.results);
}

import { setTimeout as delay } from 'node:timers/promises';
import { createDurations, rounded } from '../quantiles.ts';
import type { VanishWatch } from './vanish-watch.ts';

/** Changes of the first seconds are not measured: processes that have just started compile. */
const WARM_UP_SHARE = 0.1;

export interface ChangesToMake {
  readonly homes: readonly string[];
  readonly ratePerS: number;
  readonly watch: VanishWatch;
  /** Resolves when it is acknowledged: committed, or published. */
  readonly change: (home: string) => Promise<void>;
}

/**
 * One change after the other at a steady rate, whatever became of those before (open loop).
 *
 * @param name  how the figures begin: `commit`, `event`
 * @returns     from the acknowledgement to the value unservable (`<name>P..Ms`), and from the instant at which the change was meant to be made
 *              (`<name>MeantP..Ms`), which holds what the writer itself waited; `<name>RatePerS` is what was reached
 */
export async function changesAtRate(
  name: string,
  { homes, ratePerS, watch, change }: ChangesToMake,
): Promise<Record<string, number>> {
  const [fromAck, fromMeant] = [createDurations(), createDurations()];
  const startedAt = performance.now();
  const unmeasured = Math.floor(homes.length * WARM_UP_SHARE);
  let lastAckAt = startedAt;
  const one = async (home: string, index: number): Promise<void> => {
    const meantAt = startedAt + (index * 1_000) / ratePerS;
    await delay(Math.max(0, meantAt - performance.now()));
    const gone = watch.untilGone(home);
    // Watched before it is made, since the word may come before the acknowledgement.
    const [goneAt, ackAt] = await Promise.all([gone, change(home).then(() => (lastAckAt = performance.now()))]);
    if (index < unmeasured) return;
    fromAck.record(goneAt - ackAt);
    fromMeant.record(goneAt - meantAt);
  };
  await Promise.all(homes.map(one));
  return {
    [`${name}P50Ms`]: rounded(fromAck.at(50)),
    [`${name}P99Ms`]: rounded(fromAck.at(99)),
    [`${name}P999Ms`]: rounded(fromAck.at(99.9)),
    [`${name}MeantP50Ms`]: rounded(fromMeant.at(50)),
    [`${name}MeantP99Ms`]: rounded(fromMeant.at(99)),
    [`${name}RatePerS`]: rounded(homes.length / ((lastAckAt - startedAt) / 1_000)),
  };
}

import type { Fleet } from '@porchlight/run';
import { setTimeout as delay } from 'node:timers/promises';
import { driveAtRate, type RatedCall } from '../drive-at-rate.ts';
import { spentBy } from './spent.ts';

/** Several times what an event waits for company. */
const SETTLE_MS = 200;
const ARRIVED_POLLS_MAX = 20;

/** Who is asked, and what. */
export interface Arm {
  readonly fleet: Pick<Fleet, 'apiUrl' | 'metrics'>;
  readonly calls: readonly RatedCall[];
  /** Kafka takes its events. */
  readonly arrives: boolean;
}

/** One slice of one arm. */
export interface Slice {
  readonly p50Ms: number;
  readonly p99Ms: number;
  /** Processor time of the process for a call, microseconds. */
  readonly cpuUs: number;
  readonly calls: number;
  readonly published: number;
  readonly dropped: number;
}

export interface SliceOptions {
  readonly connections: number;
  readonly ratePerS: number;
  readonly forMs: number;
}

/** Asks an arm at a steady rate for so long. What it does behind its answers for a moment afterwards is on its bill too. */
export async function driveArm({ fleet, calls, arrives }: Arm, options: SliceOptions): Promise<Slice> {
  const before = await spentBy(fleet);
  const { count, durations } = await driveAtRate({ url: fleet.apiUrl, calls, ...options });
  await delay(SETTLE_MS);
  let after = await spentBy(fleet);
  for (let polls = 0; arrives && after.published - before.published < count && polls < ARRIVED_POLLS_MAX; polls += 1) {
    await delay(SETTLE_MS);
    after = await spentBy(fleet);
  }
  return {
    p50Ms: durations.at(50),
    p99Ms: durations.at(99),
    cpuUs: (after.cpuUs - before.cpuUs) / count,
    calls: count,
    published: after.published - before.published,
    dropped: after.dropped - before.dropped,
  };
}

/** Every arm once in each round, in an order that turns, so that whatever else the machine does meets all of them. The first round only warms up. */
export async function byRounds<Name extends string>(
  arms: Readonly<Record<Name, Arm>>,
  rounds: number,
  options: SliceOptions,
): Promise<Record<Name, Slice>[]> {
  const names = Object.keys(arms) as Name[];
  const measured: Record<Name, Slice>[] = [];
  for (let round = 0; round <= rounds; round += 1) {
    const slices: Partial<Record<Name, Slice>> = {};
    const from = round % names.length;
    for (const name of [...names.slice(from), ...names.slice(0, from)])
      slices[name] = await driveArm(arms[name], options);
    if (round > 0) measured.push(slices as Record<Name, Slice>);
  }
  return measured;
}

import type { Bench, Figures, Say } from './bench.ts';
import { fillByAsking } from './invalidate/ask-batch.ts';
import { homesOf, openHome } from './invalidate/homes.ts';
import { watchHealth } from './overload/health-watch.ts';
import { SLICE_MS, summed } from './overload/ledger.ts';
import { createLoad, type Load } from './overload/load.ts';
import { watchMemory } from './overload/memory-watch.ts';
import { recoveryMsOf, worstP99Of } from './overload/recovery.ts';
import { createCalls, type CallKind } from './overload/calls.ts';
import { withOverloadWorld, type OverloadWorld } from './overload/world.ts';
import { rounded } from './quantiles.ts';

const MS_PER_SECOND = 1_000;
const WARM_UP_MS = 3_000;
/** Of a quiet time, the first part that is not held against anything: caches of the processor and connections come to be. */
const SETTLE_SLICES = 8;
const QUIET = 0.5;
/** Of what a flood is to offer; below it the run says that it measured another one. */
const OFFERED_ENOUGH = 0.97;

const defaults = {
  homes: { default: 5_000, what: 'homes in the cache' },
  times: { default: 3, what: 'the flood, in times of the capacity' },
  floodS: { default: 60, what: 'how long it lasts, seconds' },
  capacityS: { default: 10, what: 'how long the capacity is measured, seconds' },
  quietS: { default: 10, what: 'half of the capacity before the flood and after it, seconds each' },
  batch: { default: 500, what: 'homes of a batch, 1 to 500' },
  callers: { default: 16, what: 'callers that measure the capacity, each asking as soon as it is answered' },
  connections: { default: 1_000, what: 'connections of the flood' },
  patienceMs: { default: 1_000, what: 'how long a caller waits before it hangs up; nobody asks twice' },
  coldPercent: { default: 0, what: 'calls that ask for one home besides which is not cached, percent' },
  upstreamMs: { default: 500, what: 'what upstream takes for those' },
  waitMs: { default: 50, what: 'OVERLOAD_WAIT_MS of the API; 0: it refuses nobody' },
  pinned: { default: 1, what: '1: the API on one core and everything else on another (taskset); 0: wherever' },
} as const;

type Knobs = { readonly [K in keyof typeof defaults]: number };

/** What the load costs on its core: near 1 it measures itself. */
async function withLoadShare<T>(work: () => Promise<T>): Promise<T & { readonly loadShare: number }> {
  const [startedAt, before] = [performance.now(), process.cpuUsage()];
  const done = await work();
  const { user, system } = process.cpuUsage(before);
  return { ...done, loadShare: rounded((user + system) / 1_000 / (performance.now() - startedAt)) };
}

async function measureCapacity(load: Load, { callers, capacityS }: Knobs, { cpuMs }: OverloadWorld, say: Say) {
  await load.closedLoop(callers, WARM_UP_MS);
  const before = await cpuMs();
  const measured = await withLoadShare(async () => {
    const { perS, ledger } = await load.closedLoop(callers, capacityS * MS_PER_SECOND);
    return { perS, ...summed(ledger.slices(), capacityS * MS_PER_SECOND) };
  });
  const apiCpuMs = (await cpuMs()) - before;
  const apiShare = rounded(apiCpuMs / (capacityS * MS_PER_SECOND));
  const { perS, p50Ms, p99Ms, refused, failed, loadShare } = measured;
  say(
    `capacity: ${Math.round(perS)} calls a second for ${callers} callers, p50 ${p50Ms} ms, p99 ${p99Ms} ms, ${refused} refused, ${failed} failed; ` +
      `processor: API ${apiShare}, load ${loadShare} of a core`,
  );
  return { perS, perCpuS: (perS * capacityS * MS_PER_SECOND) / apiCpuMs, refused };
}

const printed = (
  what: string,
  figures: ReturnType<typeof summed> & { readonly loadShare: number; readonly apiShare: number },
): string =>
  `${what}: ${figures.offeredPerS} calls a second offered, ${figures.okPerS} answered (p50 ${figures.p50Ms}, p99 ${figures.p99Ms}, ` +
  `max ${figures.maxMs} ms), ${figures.refused} refused (p99 ${figures.refusedP99Ms} ms), ${figures.gaveUp} hung up, ${figures.failed} failed` +
  `${figures.pendingHomes > 0 ? `, ${figures.pendingHomes} homes pending` : ''}; processor: API ${figures.apiShare}, load ${figures.loadShare} of a core`;

interface Phase {
  readonly perS: number;
  readonly forS: number;
  readonly cpuMs: OverloadWorld['cpuMs'];
  readonly say: Say;
  readonly signal: AbortSignal;
}

async function openLoop(load: Load, what: string, at: Phase) {
  const forMs = at.forS * MS_PER_SECOND;
  const before = await at.cpuMs();
  const done = await withLoadShare(async () => {
    const { ledger, kept } = await load.openLoop(at.perS, forMs, at.signal);
    const lag = { unofferedPerS: Math.round(kept.unoffered / at.forS), loadLagMaxMs: rounded(kept.lagMaxMs) };
    return { slices: ledger.slices(), figures: { ...summed(ledger.slices(), forMs), ...lag } };
  });
  const apiCpuMs = (await at.cpuMs()) - before;
  const apiShare = rounded(apiCpuMs / forMs);
  at.say(printed(what, { ...done.figures, loadShare: done.loadShare, apiShare }));
  return { ...done, perCpuS: (done.figures.okPerS * forMs) / apiCpuMs };
}

/** A flood that the load could not offer is another one than was asked for. */
function sayWhatWasNotOffered(
  flood: Awaited<ReturnType<typeof openLoop>>['figures'],
  capacityPerS: number,
  times: number,
  say: Say,
): void {
  if (flood.offeredPerS >= capacityPerS * times * OFFERED_ENOUGH) return;
  say(
    `the flood could not be offered: the load reached ${rounded(flood.offeredPerS / capacityPerS)} times the capacity, not ${times}; ` +
      `${flood.unofferedPerS} calls a second were never asked, it came up to ${flood.loadLagMaxMs} ms late. ` +
      'Dearer calls (--calls batch) cost the API more than the load',
  );
}

async function measure(
  world: OverloadWorld,
  knobs: Knobs,
  kind: CallKind,
  say: Say,
  signal: AbortSignal,
): Promise<Figures> {
  const { times, floodS, quietS, connections, patienceMs, homes, batch, coldPercent } = knobs;
  const propertyIds = homesOf(openHome, homes);
  say(`filling the cache with ${homes} homes …`);
  await fillByAsking(world.api.url, propertyIds, signal);
  const calls = createCalls({ kind, batch, propertyIds, coldFrom: homes, coldPercent, deadlineMs: patienceMs });
  const load = createLoad({ port: world.port, nextCall: () => calls.next(), connections, patienceMs });
  try {
    const capacity = await measureCapacity(load, knobs, world, say);
    calls.addCold();
    const quiet = { perS: capacity.perS * QUIET, forS: quietS, cpuMs: world.cpuMs, say, signal };
    const before = await openLoop(load, 'before, at half of that', quiet);
    const memory = watchMemory(world.rssMb);
    const health = watchHealth(world.api.url);
    say(`the flood: ${times} times the capacity for ${floodS} s, nobody asks twice …`);
    const rssMbBefore = Math.round(await world.rssMb());
    const flood = await openLoop(load, 'flood', { ...quiet, perS: capacity.perS * times, forS: floodS });
    const [held, healthy, reasons] = [await memory.stop(), health.stop(), await world.refused()];
    const after = await openLoop(load, 'after, at half again', quiet);
    const level = worstP99Of(before.slices.slice(SETTLE_SLICES));
    const figures = {
      goodputRatio: rounded(flood.figures.okPerS / capacity.perS, 3),
      goodputCpuRatio: rounded(flood.perCpuS / capacity.perCpuS, 3),
      recoveryMs: recoveryMsOf(after.slices, level),
      rssGrowth: rounded(held.rssMbLast / held.rssMbFirst, 3),
      kind,
      capacityPerS: Math.round(capacity.perS),
      offeredRatio: rounded(flood.figures.offeredPerS / capacity.perS),
      capacityRefused: capacity.refused,
      before: before.figures,
      flood: flood.figures,
      after: after.figures,
      beforeSlowestSliceP99Ms: rounded(level),
      refusedByReason: reasons,
      rssMbBefore,
      ...held,
      ...healthy,
      loadShare: flood.loadShare,
      cores: world.cores,
    };
    sayWhatWasNotOffered(flood.figures, capacity.perS, times, say);
    say(
      `goodput ${figures.goodputRatio} of the capacity, by the API's processor time ${figures.goodputCpuRatio}; recovered after ${figures.recoveryMs} ms (in slices of ${SLICE_MS} ms, ` +
        `against a p99 of ${figures.beforeSlowestSliceP99Ms} ms); resident ${rssMbBefore} MB before, ${held.rssMbFirst} and ${held.rssMbLast} MB ` +
        `in its first and last ten seconds; health refused ${healthy.livezFailed + healthy.readyzFailed} of ${healthy.looks} looks, slowest ${healthy.healthSlowestMs} ms`,
    );
    return figures;
  } finally {
    load.close();
  }
}

export const overload: Bench = {
  name: 'overload',
  measures:
    'One estimate-api on a core of its own, asked for three times what it can do: what is answered, how fast, and how soon all is well after.',
  knobs: defaults,
  choices: {
    calls: { default: 'batch', of: ['batch', 'single'], what: 'batches of homes, or single gets' },
  },
  run(given, say, signal, choices) {
    const knobs = {
      ...Object.fromEntries(Object.entries(defaults).map(([name, { default: by }]) => [name, by])),
      ...given,
    } as Knobs;
    const cold = Math.ceil((knobs.coldPercent / 100) * 100_000);
    return withOverloadWorld(
      {
        homes: knobs.homes + cold,
        upstreamMs: knobs.upstreamMs,
        isPinned: knobs.pinned > 0,
        environment: { OVERLOAD_WAIT_MS: String(knobs.waitMs) },
        say,
        signal,
      },
      (world) => measure(world, knobs, choices?.['calls'] === 'single' ? 'single' : 'batch', say, signal),
    );
  },
};

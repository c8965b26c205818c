import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { startFleet } from '@porchlight/run';
import { BrokerProxy } from '@porchlight/stream';
import type { Request } from 'autocannon';
import { drive } from './api/drive.ts';
import type { Bench, Figures, Say } from './bench.ts';
import { withBenchWorld, type BenchWorld } from './bench-world.ts';
import { fillByAsking } from './invalidate/ask-batch.ts';
import { homesOf, loadHomes, openHome } from './invalidate/homes.ts';
import { byRounds, type Arm, type Slice } from './publish/arms.ts';
import { callsOf } from './publish/calls.ts';
import { spentBy } from './publish/spent.ts';
import { rounded } from './quantiles.ts';
import { median } from './stream/median.ts';

const CALLS = 256;
/** Of each kind of call and each process: a process that has answered fewer calls is slower, because less of its code is compiled. */
const WARM_UP_MS = 8_000;
const CAPACITY_MS = 3_000;

type Knobs = Readonly<Record<string, number>>;
type Arms = Readonly<Record<'on' | 'off' | 'hung' | 'hungOff', Arm>>;

const drawFrom = (propertyIds: readonly string[]): string =>
  propertyIds[Math.floor(Math.random() * propertyIds.length)] ?? '';

/** As fast as answers come. @returns calls a second */
async function drivenPerS({ fleet, calls }: Arm, connections: number, forMs: number): Promise<number> {
  const load = { url: fleet.apiUrl, requests: calls as Request[], connections, forMs };
  return (await drive(load)).perS;
}

/** @throws unless the arms did what they are compared for: each event arrived, or none could, or none was made */
function checkWork(rounds: readonly Record<keyof Arms, Slice>[]): void {
  for (const { on, off, hung, hungOff } of rounds) {
    if (on.published !== on.calls || on.dropped !== 0)
      throw new Error(
        `${on.published} of ${on.calls} events arrived, ${on.dropped} were dropped: not what is to be measured`,
      );
    if (hung.published !== 0) throw new Error('the broker that should answer nothing has taken events');
    if (off.published + off.dropped + hungOff.published !== 0)
      throw new Error('calls without a viewport have published');
  }
}

const ratioOf = (
  rounds: readonly Record<keyof Arms, Slice>[],
  one: keyof Arms,
  other: keyof Arms,
  what: 'p50Ms' | 'p99Ms',
) => rounded(median(rounds.map((round) => round[one][what] / round[other][what])), 3);

const addedCpuUs = (rounds: readonly Record<keyof Arms, Slice>[], one: keyof Arms, other: keyof Arms) =>
  rounded(median(rounds.map((round) => round[one].cpuUs - round[other].cpuUs)), 1);

function figuresOf(rounds: readonly Record<keyof Arms, Slice>[]) {
  const p99Of = (arm: keyof Arms) => rounded(median(rounds.map((round) => round[arm].p99Ms)));
  return {
    onP99Ratio: ratioOf(rounds, 'on', 'off', 'p99Ms'),
    hungBrokerP99Ratio: ratioOf(rounds, 'hung', 'off', 'p99Ms'),
    // The same work on both sides: what this comparison says where nothing differs.
    sameP99Ratio: ratioOf(rounds, 'hungOff', 'off', 'p99Ms'),
    onP50Ratio: ratioOf(rounds, 'on', 'off', 'p50Ms'),
    hungBrokerP50Ratio: ratioOf(rounds, 'hung', 'off', 'p50Ms'),
    cpuPerPublishUs: addedCpuUs(rounds, 'on', 'off'),
    hungCpuPerPublishUs: addedCpuUs(rounds, 'hung', 'hungOff'),
    cpuUsPerCall: rounded(median(rounds.map(({ off }) => off.cpuUs)), 0),
    offP50Ms: rounded(median(rounds.map(({ off }) => off.p50Ms))),
    offP99Ms: p99Of('off'),
    onP99Ms: p99Of('on'),
    hungP99Ms: p99Of('hung'),
  };
}

async function compare(arms: Arms, knobs: Knobs, say: Say) {
  const { connections = 1, pairs = 1, sliceMs = 1 } = knobs;
  const capacityPerS = await drivenPerS(arms.on, connections, CAPACITY_MS);
  const ratePerS = Math.round(capacityPerS / 2);
  say(`  ${Math.round(capacityPerS)} calls a second are what it can do; measured at ${ratePerS}`);
  const rounds = await byRounds(arms, pairs, { connections, ratePerS, forMs: sliceMs });
  for (const [at, { on, off, hung, hungOff }] of rounds.entries()) {
    const p99s = [off, on, hung, hungOff].map(({ p99Ms }) => p99Ms.toFixed(2)).join(', ');
    say(
      `  pair ${at + 1}: p99 off, on, hung, hung without publishing: ${p99s} ms; ${hung.dropped} of ${hung.calls} dropped`,
    );
  }
  checkWork(rounds);
  return { ...figuresOf(rounds), ratePerS, capacityPerS: Math.round(capacityPerS) };
}

/** A second estimate-api on the same servers, whose broker takes connections and, once it has answered the first events, nothing more. */
async function withHungApi<T>(
  { stack, fleet }: BenchWorld,
  signal: AbortSignal,
  use: (hung: BenchWorld['fleet'], proxy: BrokerProxy) => Promise<T>,
): Promise<T> {
  const proxy = new BrokerProxy(stack.kafkaBrokers.split(',')[0] ?? '');
  await proxy.up();
  const folder = join(stack.folder, 'hung');
  await mkdir(folder, { recursive: true });
  const hung = await startFleet({
    stack: { folder, environment: { ...stack.environment, KAFKA_BROKERS: proxy.address } },
    instance: 'bench-hung',
    apps: ['estimate-api'],
    logLevel: 'error', // its publisher says that the broker is away
    nodeFlags: fleet.nodeFlags('estimate-api'),
    signal,
  });
  try {
    return await use(hung, proxy);
  } finally {
    await hung.stop();
    await proxy.down();
  }
}

async function measure(world: BenchWorld, knobs: Knobs, say: Say, signal: AbortSignal): Promise<Figures> {
  const { homes = 1, batch = 1, connections = 1 } = knobs;
  const { fleet } = world;
  const propertyIds = homesOf(openHome, homes);
  say(`filling the cache with ${homes} homes …`);
  await fillByAsking(fleet.apiUrl, propertyIds, signal);
  const batches = Array.from({ length: CALLS }, () => Array.from({ length: batch }, () => drawFrom(propertyIds)));
  const { publishing, quiet } = callsOf(batches);
  return withHungApi(world, signal, async (hungFleet, proxy) => {
    const arms: Arms = {
      on: { fleet, calls: publishing, arrives: true },
      off: { fleet, calls: quiet, arrives: false },
      hung: { fleet: hungFleet, calls: publishing, arrives: false },
      hungOff: { fleet: hungFleet, calls: quiet, arrives: false },
    };
    say(`${homes} homes, calls of ${batch}: publishing, not publishing, and before a broker that hangs …`);
    for (const arm of Object.values(arms)) await drivenPerS(arm, connections, WARM_UP_MS);
    if ((await spentBy(hungFleet)).published === 0) throw new Error('the second estimate-api does not publish');
    proxy.silence(true);
    const rssMbBefore = hungFleet.rssMb('estimate-api');
    const figures = await compare(arms, knobs, say);
    return { ...figures, hungRssMbBefore: rssMbBefore, hungRssMbAfter: hungFleet.rssMb('estimate-api') };
  });
}

export const publish: Bench = {
  name: 'publish',
  measures:
    'Latency of cached batches that publish their viewport, beside the same ones that do not, with Kafka well and with a broker that hangs.',
  knobs: {
    homes: { default: 5_000, what: 'homes in the cache' },
    batch: { default: 100, what: 'homes of a call' },
    pairs: { default: 5, what: 'rounds of slices: off, on, hung, hung without publishing' },
    sliceMs: { default: 6_000, what: 'length of a slice' },
    connections: { default: 16, what: 'connections at once' },
  },
  run: (knobs, say, signal): Promise<Figures> =>
    withBenchWorld(
      {
        homes: 0,
        seed: 1,
        say,
        signal,
        // Those that keep hits free of checks; what events set off would only take the processors away.
        fleet: { apps: ['estimate-api', 'catalog-relay', 'invalidator'] },
        load: (addresses) => loadHomes(addresses, { ruled: 0, open: knobs['homes'] ?? 1 }),
      },
      (world) => measure(world, knobs, say, signal),
    ),
};

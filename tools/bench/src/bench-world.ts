import { applyTopics, registerSchemas } from '@porchlight/cli';
import { loadCity } from '@porchlight/city';
import { migrate } from '@porchlight/property-catalog';
import { startFleet, type Fleet, type FleetOptions } from '@porchlight/run';
import { holdInstance, startStack, type Stack } from '@porchlight/stack';
import type { Say } from './bench.ts';
import { unlessAsked } from './unless-asked.ts';

/** Data and ports of the benches; a second bench at a time is refused. */
const INSTANCE = 'bench';

/** What benches measure on: a stack of its own and every app as its own process, as `npm start` runs them. */
export interface BenchWorld {
  readonly stack: Stack;
  readonly fleet: Fleet;
}

export interface BenchWorldOptions {
  readonly homes: number;
  readonly seed: number;
  readonly say: Say;
  /** Aborts when somebody asks the run to stop. */
  readonly signal: AbortSignal;
  readonly fleet?: Pick<FleetOptions, 'apps' | 'environment' | 'environmentOf'>;
  /** Brings the homes into the database and the seller's book; by default a city of `homes` by `seed`. */
  readonly load?: (addresses: { readonly databaseUrl: string; readonly simulatorUrl: string }) => Promise<void>;
}

/** Runs `measure` in a fresh world and takes it down again, whatever happens. */
export async function withBenchWorld<T>(
  options: BenchWorldOptions,
  measure: (world: BenchWorld) => Promise<T>,
): Promise<T> {
  const { say } = options;
  say('starting the backing services …');
  const hold = await holdInstance({ instance: INSTANCE, marker: 'tools/bench/src/main.ts' });
  try {
    return await withStack(options, measure);
  } finally {
    await hold.release();
  }
}

async function withStack<T>(
  { homes, seed, say, signal, fleet: fleetOptions, load }: BenchWorldOptions,
  measure: (world: BenchWorld) => Promise<T>,
): Promise<T> {
  const stack = await startStack({ instance: INSTANCE, fresh: true, signal });
  try {
    await applyTopics({ brokers: stack.kafkaBrokers.split(','), replication: 1 });
    await registerSchemas({ registryUrl: stack.schemaRegistryUrl });
    await migrate({ databaseUrl: stack.databaseUrl });
    say(`loading ${homes.toLocaleString('en-US')} homes and starting the apps …`);
    const fleet = await startFleet({
      stack,
      instance: INSTANCE,
      logLevel: 'warn',
      signal,
      ...fleetOptions,
      beforeApps: async ({ simulatorUrl }) => {
        const { databaseUrl } = stack;
        if (load === undefined) await loadCity({ databaseUrl, simulatorUrl, homes, seed });
        else await load({ databaseUrl, simulatorUrl });
      },
      onExit: (exit) => say(`${exit.member} ended by itself: see its log`),
    });
    try {
      return await unlessAsked(signal, measure({ stack, fleet }));
    } finally {
      await fleet.stop();
    }
  } finally {
    await stack.stop();
  }
}

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

export interface BenchStackOptions {
  readonly say: Say;
  /** Aborts when somebody asks the run to stop. */
  readonly signal: AbortSignal;
}

export interface BenchFleetOptions extends BenchStackOptions {
  readonly homes: number;
  readonly seed: number;
  readonly fleet?: Pick<FleetOptions, 'apps' | 'environment' | 'environmentOf'>;
  /** Brings the homes into the database and the seller's book; by default a city of `homes` by `seed`. */
  readonly load?: (addresses: { readonly databaseUrl: string; readonly simulatorUrl: string }) => Promise<void>;
}

/** Runs `measure` in a fresh world and takes it down again, whatever happens. */
export function withBenchWorld<T>(options: BenchFleetOptions, measure: (world: BenchWorld) => Promise<T>): Promise<T> {
  return withBenchStack(options, (stack) =>
    withBenchFleet(stack, options, (fleet) => unlessAsked(options.signal, measure({ stack, fleet }))),
  );
}

/** Fresh backing services with topics, schemas and tables, for as long as `measure` takes; fleets come and go on them. */
export async function withBenchStack<T>(
  { say, signal }: BenchStackOptions,
  measure: (stack: Stack) => Promise<T>,
): Promise<T> {
  say('starting the backing services …');
  const hold = await holdInstance({ instance: INSTANCE, marker: 'tools/bench/src/main.ts' });
  try {
    const stack = await startStack({ instance: INSTANCE, fresh: true, signal });
    try {
      await applyTopics({ brokers: stack.kafkaBrokers.split(','), replication: 1 });
      await registerSchemas({ registryUrl: stack.schemaRegistryUrl });
      await migrate({ databaseUrl: stack.databaseUrl });
      return await measure(stack);
    } finally {
      await stack.stop();
    }
  } finally {
    await hold.release();
  }
}

/** Every app on a stack, for as long as `measure` takes; homes that an earlier fleet has loaded are there already. */
export async function withBenchFleet<T>(
  stack: Stack,
  { homes, seed, say, signal, fleet: fleetOptions, load }: BenchFleetOptions,
  measure: (fleet: Fleet) => Promise<T>,
): Promise<T> {
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
    return await measure(fleet);
  } finally {
    await fleet.stop();
  }
}

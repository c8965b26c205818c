import { createSchemaRegistry, createSerde, topics } from '@porchlight/contracts';
import { connectCatalogWriter } from '@porchlight/property-catalog';
import { createKafkaProducer, delay, silentLogger, type Clock } from '@porchlight/stream';
import { applyLifeEvent, type LifePorts } from './apply-life-event.ts';
import { CITY_SHARES } from './home-facts.ts';
import { createDraws } from './draws.ts';
import { generateCity } from './generate-city.ts';
import { lifeKinds, realRates, type LifeKind, type LifeRates } from './life-rates.ts';
import { playMarket, type TimedLifeEvent } from './market.ts';
import { connectSimulatorAdmin } from './simulator-admin.ts';

export interface CityLifeOptions {
  readonly databaseUrl: string;
  /** host:port, one or more. */
  readonly brokers: readonly string[];
  readonly registryUrl: string;
  readonly simulatorUrl: string;
  /** The city that is loaded. */
  readonly homes: number;
  readonly seed: number;
  /** Per minute; what is left out is a real market's rate times `speed`. */
  readonly rates?: Partial<LifeRates>;
  /** How many times faster than real. Default 1. */
  readonly speed?: number;
  /** How long it goes on; without it, until the signal. */
  readonly durationMs?: number;
  readonly signal?: AbortSignal;
  /** Told what has happened, after each event. */
  readonly onProgress?: (done: LifeTally) => void;
}

/** How often each kind has happened. */
export type LifeTally = Readonly<Record<LifeKind, number>>;

interface PlayOptions {
  readonly clock: Clock;
  readonly durationMs: number;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((done: LifeTally) => void) | undefined;
}

/** The machine's clock; its timers keep the process alive, since nothing else does between two events. */
const wakefulClock: Clock = {
  now: () => Date.now(),
  after(delayMs, run) {
    const timer = setTimeout(run, delayMs);
    return { cancel: () => clearTimeout(timer) };
  },
};

/** The longest sleep, so that a signal is heard soon. */
const SLEEP_MS_MAX = 200;

/** Waits until an instant, or until somebody calls it off. @returns whether the instant came */
async function reached(clock: Clock, at: number, signal: AbortSignal | undefined): Promise<boolean> {
  while (clock.now() < at && signal?.aborted !== true) await delay(clock, Math.min(SLEEP_MS_MAX, at - clock.now()));
  return signal?.aborted !== true;
}

/**
 * Makes events happen at their moments, one after the other. One that takes long delays the next ones, which then follow at
 * once: their number stays what the rates say.
 */
export async function playEvents(
  events: Iterable<TimedLifeEvent>,
  ports: LifePorts,
  { clock, durationMs, signal, onProgress }: PlayOptions,
): Promise<LifeTally> {
  const beganAt = clock.now();
  const done = Object.fromEntries(lifeKinds.map((kind) => [kind, 0])) as Record<LifeKind, number>;
  for (const { atMs, event } of events) {
    if (atMs >= durationMs) await reached(clock, beganAt + durationMs, signal);
    if (atMs >= durationMs || !(await reached(clock, beganAt + atMs, signal))) break;
    await applyLifeEvent(event, ports);
    done[event.kind] += 1;
    onProgress?.({ ...done });
  }
  return done;
}

/**
 * Plays the life of a loaded city: sales, listings, price changes, overrides, MLS moves, rule changes and re-valuations, into
 * the database and `estimate.updated`.
 *
 * @returns how often each happened, after `durationMs` or the signal
 */
export async function cityLife(options: CityLifeOptions): Promise<LifeTally> {
  const { homes, seed, speed = 1, durationMs = Infinity, signal, onProgress } = options;
  const rates = { ...realRates({ homes, activeShare: CITY_SHARES.active, speed }), ...options.rates };
  const city = generateCity({ homes, seed });
  const serde = createSerde({ registry: createSchemaRegistry({ url: options.registryUrl }) });
  await serde.prepare([topics.estimateUpdated]);
  const writer = connectCatalogWriter({ databaseUrl: options.databaseUrl });
  const connection = { brokers: options.brokers, clientId: 'city' };
  const producer = createKafkaProducer({ connection, serde, log: silentLogger });
  try {
    const ports: LifePorts = {
      writer,
      simulator: connectSimulatorAdmin(options.simulatorUrl),
      publish: (update) => producer.send(topics.estimateUpdated, update.propertyId, update),
    };
    const events = playMarket(city, rates, createDraws(seed, 'life'));
    return await playEvents(events, ports, { clock: wakefulClock, durationMs, signal, onProgress });
  } finally {
    await Promise.all([producer.close(), writer.close()]);
  }
}

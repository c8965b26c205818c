import type { CachePlace, CachePorts } from '../cache/with-cache.ts';
import { withCache } from '../cache/with-cache.ts';
import { withCatalog } from '../catalog/with-catalog.ts';
import { withKafka, type KafkaPorts } from '../kafka/with-kafka.ts';
import { FleetLook } from './fleet-status.ts';

export interface FleetPlaces {
  readonly brokers: readonly string[];
  readonly databaseUrl: string;
  readonly cache: CachePlace;
  readonly metricsUrls: readonly string[];
}

type With<T> = <R>(work: (ports: T) => Promise<R>) => Promise<R>;

/** What is held open between looks, where it can be had; where not, each look tries anew, and the error is the part's. */
class Held<T> {
  readonly #open: With<T>;
  #ports: Promise<T> | null = null;
  #release: () => void = () => undefined;
  #ended: Promise<unknown> = Promise.resolve();

  constructor(open: With<T>) {
    this.#open = open;
  }

  get(): Promise<T> {
    this.#ports ??= this.#take();
    return this.#ports;
  }

  #take(): Promise<T> {
    const taken = Promise.withResolvers<T>();
    const done = new Promise<void>((resolve) => (this.#release = resolve));
    this.#ended = this.#open(async (ports) => {
      taken.resolve(ports);
      await done;
    }).catch((error: unknown) => {
      this.#ports = null;
      taken.reject(error instanceof Error ? error : new Error(String(error)));
    });
    return taken.promise;
  }

  async close(): Promise<void> {
    this.#release();
    await this.#ended;
  }
}

/** Works with a look at the whole fleet, and lets everything go whatever happens. A server that is away is a part of each look. */
export async function withFleet<T>(places: FleetPlaces, work: (fleet: FleetLook) => Promise<T>): Promise<T> {
  const kafka = new Held<KafkaPorts>((use) => withKafka(places.brokers, use));
  const cache = new Held<CachePorts>((use) => withCache(places.cache, use));
  const { metricsUrls } = places;
  const relayProgress = () => withCatalog(places.databaseUrl, (catalog) => catalog.relayProgress());
  try {
    return await work(
      new FleetLook({
        kafka: () => kafka.get(),
        cache: () => cache.get(),
        catalog: { relayProgress },
        keyGeneration: places.cache.keyGeneration,
        metricsUrls,
        now: Date.now,
      }),
    );
  } finally {
    await Promise.all([kafka.close(), cache.close()]);
  }
}

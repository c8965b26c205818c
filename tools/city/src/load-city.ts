import { connectCatalogWriter, type CatalogWriter, type LoadedProperty } from '@porchlight/property-catalog';
import type { CityStamp, CityStore } from './city-stamp.ts';
import type { City } from './city.ts';
import { generateCity } from './generate-city.ts';
import { connectCityStore } from './pg-city-store.adapter.ts';
import { connectSimulatorAdmin, HOMES_A_CALL_MAX, type HomeValue, type SimulatorAdmin } from './simulator-admin.ts';

/** Fastest for the catalogue's writer. */
const HOMES_A_CHUNK = 10_000;

/** What is being done, in homes. */
export interface LoadProgress {
  readonly step: 'homes' | 'values';
  readonly done: number;
  readonly total: number;
}

export interface LoadCityOptions {
  /** The property database, migrated. */
  readonly databaseUrl: string;
  /** Without it upstream is told nothing. */
  readonly simulatorUrl?: string;
  readonly homes: number;
  readonly seed: number;
  readonly onProgress?: (progress: LoadProgress) => void;
}

export interface CityLoad {
  /** Nothing was to be done. */
  readonly alreadyLoaded: boolean;
  readonly homesLoaded: number;
  /** Homes of another city that left the map. */
  readonly retired: number;
  readonly valuesLoaded: number;
  readonly durationMs: number;
}

export interface LoadPorts {
  readonly store: CityStore;
  readonly writer: Pick<CatalogWriter, 'setRule' | 'loadProperties'>;
  readonly simulator: Pick<SimulatorAdmin, 'load'> | null;
}

type Report = (progress: LoadProgress) => void;

function* homeChunks(city: City, report: Report): Generator<LoadedProperty[]> {
  for (let from = 0; from < city.homes; from += HOMES_A_CHUNK) {
    const to = Math.min(city.homes, from + HOMES_A_CHUNK);
    yield Array.from({ length: to - from }, (_, at) => city.homeAt(from + at) as LoadedProperty);
    report({ step: 'homes', done: to, total: city.homes });
  }
}

function valuesOf(city: City, from: number): HomeValue[] {
  const length = Math.min(HOMES_A_CALL_MAX, city.homes - from);
  return Array.from({ length }, (_, at) => {
    const { propertyId, valueUsd } = city.homeAt(from + at);
    return { propertyId, valueUsd };
  });
}

/** @returns how many values upstream took */
async function loadValues(city: City, simulator: Pick<SimulatorAdmin, 'load'>, report: Report): Promise<number> {
  let changed = 0;
  for (let from = 0; from < city.homes; from += HOMES_A_CALL_MAX) {
    changed += await simulator.load(valuesOf(city, from));
    report({ step: 'values', done: Math.min(city.homes, from + HOMES_A_CALL_MAX), total: city.homes });
  }
  return changed;
}

async function loadHomes(city: City, { store, writer }: LoadPorts, report: Report) {
  // Rules before homes: a home of an MLS without a rule is hidden from everybody.
  for (const rule of city.rules) await writer.setRule(rule as Parameters<CatalogWriter['setRule']>[0]);
  const { loaded } = await writer.loadProperties(homeChunks(city, report));
  const { retired } = await store.showOnly(city.idPrefix);
  return { loaded, retired };
}

const isSame = (stamp: CityStamp | null, city: City): boolean =>
  stamp !== null && stamp.homes === city.homes && stamp.seed === city.seed;

/**
 * Brings a city into the database and upstream, if it is not there already.
 *
 * A simulator whose memory is gone is noticed by the first values: what a whole load left there changes nothing.
 */
export async function bringCity(city: City, ports: LoadPorts, report: Report = () => undefined): Promise<CityLoad> {
  const beganAt = Date.now();
  const isThere = isSame(await ports.store.readStamp(), city);
  const hasValues = ports.simulator === null || (isThere && (await ports.simulator.load(valuesOf(city, 0))) === 0);
  if (isThere && hasValues) {
    return { alreadyLoaded: true, homesLoaded: 0, retired: 0, valuesLoaded: 0, durationMs: Date.now() - beganAt };
  }
  // A load that breaks off must not pass for a whole one.
  await ports.store.writeStamp(null);
  const homes = isThere ? { loaded: 0, retired: 0 } : await loadHomes(city, ports, report);
  const valuesLoaded = ports.simulator === null ? 0 : await loadValues(city, ports.simulator, report);
  await ports.store.writeStamp({ homes: city.homes, seed: city.seed });
  const durationMs = Date.now() - beganAt;
  return { alreadyLoaded: false, homesLoaded: homes.loaded, retired: homes.retired, valuesLoaded, durationMs };
}

/**
 * Loads a city into PostgreSQL and tells the simulator the values. Does nothing the second time; another number of homes or
 * seed is another city, and the homes of the one before leave the map.
 *
 * @throws {CatalogUnavailable}, {SimulatorRefused}; a load that broke off is simply repeated
 */
export async function loadCity(options: LoadCityOptions): Promise<CityLoad> {
  const { databaseUrl, simulatorUrl, homes, seed, onProgress } = options;
  const city = generateCity({ homes, seed });
  const store = await connectCityStore(databaseUrl);
  const writer = connectCatalogWriter({ databaseUrl });
  try {
    const simulator = simulatorUrl === undefined ? null : connectSimulatorAdmin(simulatorUrl);
    return await bringCity(city, { store, writer, simulator }, onProgress);
  } finally {
    await Promise.all([store.close(), writer.close()]);
  }
}

import { connectCatalogWriter, type LoadedProperty } from '@porchlight/property-catalog';

/** The MLS whose rule turns stricter, and the one under which homes are hidden one by one. */
export const RULED_MLS = 'mls-ruled';
export const OPEN_MLS = 'mls-open';
const LOAD_BATCH = 5_000;
const SIMULATOR_BATCH = 10_000;
/** Homes stand on a square grid of so many a row, a hundred metres apart: all of it within a city's bounds. */
const ROW = 400;
const STEP_DEGREES = 0.001;

export const ruledHome = (at: number): string => `ruled-${String(at).padStart(6, '0')}`;
export const openHome = (at: number): string => `open-${String(at).padStart(6, '0')}`;
export const homesOf = (nameAt: (at: number) => string, count: number, from = 0): string[] =>
  Array.from({ length: count }, (_, at) => nameAt(from + at));

const placed = (propertyId: string, mlsId: string, at: number): LoadedProperty => ({
  propertyId,
  latitude: 47.3 + Math.floor(at / ROW) * STEP_DEGREES,
  longitude: -122.4 + (at % ROW) * STEP_DEGREES,
  status: 'off_market',
  mlsId,
  overrideLevel: null,
});

function* batches<T>(items: readonly T[], size: number): Generator<T[]> {
  for (let at = 0; at < items.length; at += size) yield items.slice(at, at + size);
}

async function loadSimulator(simulatorUrl: string, propertyIds: readonly string[]): Promise<void> {
  for (const part of batches(propertyIds, SIMULATOR_BATCH)) {
    const response = await fetch(`${simulatorUrl}/admin/load`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(part.map((propertyId) => ({ propertyId, valueUsd: 800_000 }))),
    });
    if (!response.ok) throw new Error(`the simulator took no homes: ${response.status}`);
  }
}

const loadDatabase = async (databaseUrl: string, homes: readonly LoadedProperty[]): Promise<void> => {
  const writer = connectCatalogWriter({ databaseUrl });
  try {
    for (const mlsId of [RULED_MLS, OPEN_MLS]) {
      await writer.setRule({ mlsId, activeLevel: 'unregistered', offMarketLevel: 'unregistered' });
    }
    await writer.loadProperties(batches(homes, LOAD_BATCH));
  } finally {
    await writer.close();
  }
};

/** Homes that everybody may see, under two rules, into the database and the seller's book. */
export async function loadHomes(
  { databaseUrl, simulatorUrl }: { databaseUrl: string; simulatorUrl: string },
  counts: { ruled: number; open: number },
): Promise<void> {
  const ruled = homesOf(ruledHome, counts.ruled);
  const open = homesOf(openHome, counts.open);
  await loadDatabase(databaseUrl, [
    ...ruled.map((id, at) => placed(id, RULED_MLS, at)),
    ...open.map((id, at) => placed(id, OPEN_MLS, counts.ruled + at)),
  ]);
  await loadSimulator(simulatorUrl, [...ruled, ...open]);
}

/** The same of homes by name, all under the open rule. */
export async function loadOpenHomes(
  { databaseUrl, simulatorUrl }: { databaseUrl: string; simulatorUrl: string },
  propertyIds: readonly string[],
): Promise<void> {
  await loadDatabase(
    databaseUrl,
    propertyIds.map((id, at) => placed(id, OPEN_MLS, at)),
  );
  await loadSimulator(simulatorUrl, propertyIds);
}

import { randomUUID } from 'node:crypto';
import { generateCity } from '@porchlight/city';
import { connectCatalogWriter } from '@porchlight/property-catalog';
import { parseMetrics } from '@porchlight/telemetry';
import type { Say } from '../check.ts';
import { waitFor } from '../wait-for.ts';

const ZOOM = 17;
/** Half a screen at that zoom. */
const HALF_DEGREES = 0.003;
const CALL_MS = 10_000;
const WARM_MS = 120_000;
const HIDDEN_MS = 60_000;
/** The seed of the city that compose loads. */
const CITY_SEED = 1;
/** Places in the city that are walked from, each by a session of its own; one that was warm before the map moved is enough. */
const PLACES = 6;

export interface WalkTarget {
  readonly apiUrl: string;
  readonly gatewaySecret: string;
  /** /metrics of estimate-api and of data-writer. */
  readonly apiMetricsUrl: string;
  readonly writerMetricsUrl: string;
  readonly databaseUrl: string;
  readonly homes: number;
}

export interface Walked {
  readonly homesShown: number;
  readonly filled: number;
  readonly warmHits: number;
  /** From the seller's override in the database to the first answer without a value. */
  readonly hiddenAfterSeconds: number;
}

interface Result {
  readonly propertyId: string;
  readonly status: string;
}

interface MapAnswer {
  readonly homes: readonly { readonly result: Result }[];
}

/** What a gateway in front of estimate-api would send, for one session of an agent. */
function openDoor({ apiUrl, gatewaySecret }: WalkTarget): <T>(path: string, session: string) => Promise<T> {
  return async <T>(path: string, session: string): Promise<T> => {
    const headers = { 'x-gateway-secret': gatewaySecret, 'x-viewer-role': 'agent', 'x-session-id': session };
    const answer = await fetch(`${apiUrl}${path}`, { headers, signal: AbortSignal.timeout(CALL_MS) });
    const text = await answer.text();
    if (answer.status !== 200) throw new Error(`the API answered ${answer.status}: ${text.slice(0, 200)}`);
    return JSON.parse(text) as T;
  };
}

/** The map half a screen round a place of the city, `eastward` degrees from it. */
function mapPath({ latitude, longitude }: { latitude: number; longitude: number }, eastward: number): string {
  const west = longitude - HALF_DEGREES + eastward;
  const box = { west, east: west + 2 * HALF_DEGREES, south: latitude - HALF_DEGREES, north: latitude + HALF_DEGREES };
  const asked = Object.entries({ ...box, zoom: ZOOM, deadlineMs: 2_000 }).map(([name, value]) => [name, String(value)]);
  return `/v1/map/estimates?${new URLSearchParams(asked as [string, string][]).toString()}`;
}

async function scrape(url: string): Promise<ReturnType<typeof parseMetrics>> {
  const answer = await fetch(url, { signal: AbortSignal.timeout(CALL_MS) });
  return parseMetrics(await answer.text());
}

/** A home that is shown is hidden by its seller, and nobody is shown it any more. @returns how long that took */
async function hideOne(
  { databaseUrl }: WalkTarget,
  propertyId: string,
  statusOf: (propertyId: string) => Promise<string>,
  signal: AbortSignal,
): Promise<number> {
  const writer = connectCatalogWriter({ databaseUrl });
  try {
    await writer.setOverride(propertyId, 'nobody');
  } finally {
    await writer.close();
  }
  const hiddenAt = performance.now();
  const isHidden = async (): Promise<boolean> => (await statusOf(propertyId)) === 'withheld';
  await waitFor('the home that was hidden is withheld', isHidden, { withinMs: HIDDEN_MS, signal });
  return Math.round((performance.now() - hiddenAt) / 10) / 100;
}

/**
 * One viewport is looked at, its neighbours are filled by the pipeline, the map moves there, and what it shows was warm;
 * then a home that was shown is hidden by an override, and withheld.
 *
 * @throws {DidNotCome} naming the step that was waited for
 */
export async function walkOnce(target: WalkTarget, say: Say, signal: AbortSignal): Promise<Walked> {
  const city = generateCity({ homes: target.homes, seed: CITY_SEED });
  const ask = openDoor(target);
  const sessions = Array.from({ length: PLACES }, () => randomUUID());
  const look = async (place: number, eastward: number): Promise<readonly Result[]> => {
    const { homes } = await ask<MapAnswer>(mapPath(city.placeAt(place), eastward), sessions[place] as string);
    return homes.map(({ result }) => result);
  };
  const lookEverywhere = async (eastward: number): Promise<Result[]> => {
    const shown: Result[] = [];
    for (const place of sessions.keys()) shown.push(...(await look(place, eastward)));
    return shown;
  };
  const filled = async () =>
    (await scrape(target.writerMetricsUrl)).sum('porchlight.data_writer.fills', { outcome: 'ok' });
  const warmHits = async () =>
    (await scrape(target.apiMetricsUrl)).sum('porchlight.estimate_api.items', { source: 'warm_hit' });
  const within = { withinMs: WARM_MS, signal };

  const available = async () =>
    (await lookEverywhere(0)).filter(({ status }) => status === 'available').map(({ propertyId }) => propertyId);
  const isSome = (ids: readonly string[]) => (ids.length > 0 ? ids : undefined);
  const shown = await waitFor('homes with a value on the map', async () => isSome(await available()), within);
  const homesFilled = await waitFor('homes filled by the pipeline', async () => (await filled()) || undefined, within);
  say(`  ${shown.length} homes shown with a value, ${homesFilled} filled ahead of the map`);
  const moved = async () => (await lookEverywhere(HALF_DEGREES), (await warmHits()) || undefined);
  const hits = await waitFor('a home that was warm before the map moved', moved, within);
  const [hidden] = shown;
  const statusOf = async (id: string) => (await ask<Result>(`/v1/estimates/${id}`, sessions[0] as string)).status;
  const hiddenAfterSeconds = await hideOne(target, hidden as string, statusOf, signal);
  say(
    `  ${hits} were warm before the map moved; a home that its seller hid was withheld after ${hiddenAfterSeconds} s`,
  );
  return { homesShown: shown.length, filled: homesFilled, warmHits: hits, hiddenAfterSeconds };
}

import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { connectCatalogWriter, migrate } from '@porchlight/property-catalog';
import { createTestDatabase } from '@porchlight/property-catalog/testing';
import { startApiProcesses } from '@porchlight/run';
import { dataFolder, startStack } from '@porchlight/stack';
import { createSimulator } from '@porchlight/upstream-simulator';
import type { Say } from '../check.ts';

const UPSTREAM_KEY = 'bad-input';

/** Homes that are there to be asked for; those of the document's examples among them. */
export const HOMES: readonly string[] = ['1000102', '1200019', ...Array.from({ length: 20 }, (_, at) => `home-${at}`)];
export const PLACE = { latitude: 47.6, longitude: -122.3 };

/** One estimate-api as it runs, on a real Redis and PostgreSQL and a paid API; without Kafka. */
export interface ApiGround {
  /** http://127.0.0.1:<port> */
  readonly url: string;
  readonly port: number;
  /** Resident memory of the process, bytes. */
  residentBytes(): Promise<number>;
  close(): Promise<void>;
}

/** @param instance names its folders. @throws with what was started stopped */
export async function openApiGround(instance: string, say: Say, signal: AbortSignal): Promise<ApiGround> {
  const ends: (() => Promise<unknown>)[] = [];
  const close = async (): Promise<void> => {
    for (const end of ends.splice(0).reverse()) await end();
  };
  try {
    const stack = await startStack({
      instance,
      services: ['redis', 'postgres'],
      environment: { ...process.env, REDIS_URL: undefined, DATABASE_URL: undefined },
      onProgress: ({ service, phase, detail }) => say(`${service}: ${phase} ${detail}`),
      signal,
    });
    ends.push(() => stack.stop());
    const folder = join(dataFolder(instance), 'api');
    await mkdir(folder, { recursive: true });
    ends.push(() => rm(folder, { recursive: true, force: true }));
    const database = await createTestDatabase(stack.databaseUrl);
    ends.push(() => database.drop());
    const simulator = await createSimulator({ apiKey: UPSTREAM_KEY });
    ends.push(() => simulator.close());
    simulator.load(HOMES.map((propertyId) => ({ propertyId, valueUsd: 800_000 })));
    await loadHomes(database.databaseUrl);
    const apis = await startApiProcesses({
      count: 1,
      folder,
      redisUrl: stack.redisUrl,
      databaseUrl: database.databaseUrl,
      upstreamUrl: simulator.url,
      upstreamApiKey: UPSTREAM_KEY,
    });
    ends.push(() => apis.stop());
    const [api] = apis.each;
    if (api === undefined) throw new Error('no process was started');
    const residentBytes = () => residentBytesOf(api.operationsUrl);
    return { url: api.url, port: Number(new URL(api.url).port), residentBytes, close };
  } catch (thrown) {
    await close();
    throw thrown;
  }
}

async function loadHomes(databaseUrl: string): Promise<void> {
  await migrate({ databaseUrl });
  const writer = connectCatalogWriter({ databaseUrl });
  const home = (propertyId: string) => ({
    propertyId,
    ...PLACE,
    status: 'active' as const,
    mlsId: null,
    overrideLevel: null,
  });
  try {
    await writer.loadProperties([HOMES.map(home)]);
  } finally {
    await writer.close();
  }
}

async function residentBytesOf(operationsUrl: string): Promise<number> {
  const text = await (await fetch(`${operationsUrl}/metrics`)).text();
  const bytes = /^process_memory_usage_bytes(?:\{[^}]*\})? (\S+)/m.exec(text)?.[1];
  if (bytes === undefined) throw new Error('the process does not tell its memory');
  return Number(bytes);
}

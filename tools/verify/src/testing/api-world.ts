import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { generateCity, loadCity } from '@porchlight/city';
import { startApiProcesses, startFleet, type ApiProcess } from '@porchlight/run';
import { deployOn, givenServers } from './given-servers.ts';

const CITY = { homes: 20_000, seed: 1 };

/** Several estimate-apis on real servers, with a city and its paid API. */
export interface ApiWorld {
  readonly processes: readonly ApiProcess[];
  /** Of the city, in its order. */
  readonly propertyIds: readonly string[];
  close(): Promise<void>;
}

export interface ApiWorldOptions {
  readonly count: number;
  /** Names its folders and ports. */
  readonly instance: string;
  /** For all of them, after everything else. */
  readonly environment?: Readonly<Record<string, string>>;
}

/** Starts the paid API, loads the city, and starts the processes. @throws with what was started stopped */
export async function openApiWorld({ count, instance, environment = {} }: ApiWorldOptions): Promise<ApiWorld> {
  const servers = givenServers();
  const { KAFKA_BROKERS, SCHEMA_REGISTRY_URL, REDIS_URL: redisUrl, DATABASE_URL: databaseUrl } = servers;
  const folder = mkdtempSync(join(tmpdir(), `porchlight-${instance}-`));
  await deployOn(servers);
  const upstream = await startFleet({ stack: { environment: {}, folder }, instance, apps: [] });
  const closeAll = async (): Promise<void> => {
    await upstream.stop();
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    await loadCity({ databaseUrl, simulatorUrl: upstream.simulatorUrl, ...CITY });
    const apis = await startApiProcesses({
      count,
      folder,
      redisUrl,
      databaseUrl,
      upstreamUrl: upstream.simulatorUrl,
      upstreamApiKey: upstream.upstreamApiKey,
      environment: { KAFKA_BROKERS, SCHEMA_REGISTRY_URL, ...environment },
    });
    return {
      processes: apis.each,
      propertyIds: Array.from(generateCity(CITY), ({ propertyId }) => propertyId),
      async close() {
        await apis.stop();
        await closeAll();
      },
    };
  } catch (thrown) {
    await closeAll();
    throw thrown;
  }
}

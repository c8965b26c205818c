import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { generateCity, loadCity } from '@porchlight/city';
import { applyTopics, registerSchemas } from '@porchlight/cli';
import { migrate } from '@porchlight/property-catalog';
import { startApiProcesses, startFleet, type ApiProcess } from '@porchlight/run';

const CITY = { homes: 20_000, seed: 1 };
const VARIABLES = ['KAFKA_BROKERS', 'SCHEMA_REGISTRY_URL', 'REDIS_URL', 'DATABASE_URL'] as const;

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

function given(name: (typeof VARIABLES)[number]): string {
  const value = process.env[name];
  if (!value) throw new Error(`set ${VARIABLES.join(', ')}: this needs the real servers (npm test gives them)`);
  return value;
}

/** Starts the paid API, loads the city, and starts the processes. @throws with what was started stopped */
export async function openApiWorld({ count, instance, environment = {} }: ApiWorldOptions): Promise<ApiWorld> {
  const [brokers, registryUrl, redisUrl, databaseUrl] = VARIABLES.map(given) as [string, string, string, string];
  const folder = mkdtempSync(join(tmpdir(), `porchlight-${instance}-`));
  await applyTopics({ brokers: brokers.split(','), replication: 1 });
  await registerSchemas({ registryUrl });
  await migrate({ databaseUrl });
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
      environment: { KAFKA_BROKERS: brokers, SCHEMA_REGISTRY_URL: registryUrl, ...environment },
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

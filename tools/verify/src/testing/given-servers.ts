import { applyTopics, registerSchemas } from '@porchlight/cli';
import { migrate } from '@porchlight/property-catalog';

const VARIABLES = ['KAFKA_BROKERS', 'SCHEMA_REGISTRY_URL', 'REDIS_URL', 'DATABASE_URL'] as const;

/** The addresses of the real servers, by the variables that the apps read. */
export type GivenServers = Readonly<Record<(typeof VARIABLES)[number], string>>;

/** Those that npm test gives. @throws {Error} naming what is not set */
export function givenServers(): GivenServers {
  const missing = VARIABLES.filter((name) => !process.env[name]);
  if (missing.length > 0)
    throw new Error(`set ${missing.join(', ')}: this test needs the real servers (npm test gives them)`);
  return Object.fromEntries(VARIABLES.map((name) => [name, process.env[name] ?? ''])) as GivenServers;
}

/** What a deployment does before the apps start: topics, schemas and tables. A second time changes nothing. */
export async function deployOn({ KAFKA_BROKERS, SCHEMA_REGISTRY_URL, DATABASE_URL }: GivenServers): Promise<void> {
  await applyTopics({ brokers: KAFKA_BROKERS.split(','), replication: 1 });
  await registerSchemas({ registryUrl: SCHEMA_REGISTRY_URL });
  await migrate({ databaseUrl: DATABASE_URL });
}

import { connectCacheTime } from '@porchlight/estimate-cache';
import { CatalogUnavailable, readSchemaState, type RelayProgress } from '@porchlight/property-catalog';
import { explainCacheError, withCache, type CachePlace } from '../cache/with-cache.ts';
import { withCatalog } from '../catalog/with-catalog.ts';
import { CliError, cliErrors, type CliErrorCode } from '../cli-error.ts';
import { databasePlaceOf } from '../database/database-place.ts';
import { describeGroups } from '../groups/describe-groups.ts';
import { withKafka } from '../kafka/with-kafka.ts';
import { groupOf, streamApps } from '@porchlight/contracts';
import { listSchemas } from '../schemas/register-schemas.ts';
import { listTopics } from '../topics/apply-topics.ts';
import { replicationFor } from '../topics/replication-for.ts';
import { checkUpstream } from './check-upstream.ts';
import { failed, passed, warned, type Finding } from './finding.ts';
import { judgeClock } from './judge-clocks.ts';
import { judgeDatabaseVersion } from './judge-database.ts';
import { judgeMarks, judgeRelay } from './judge-feed.ts';
import { judgeBrokers, judgeGroups, judgeSchemas, judgeTopics } from './judge-kafka.ts';

export interface Places {
  readonly brokers: readonly string[];
  readonly replication?: number;
  readonly registryUrl: string;
  readonly databaseUrl: string;
  readonly cache: CachePlace;
  readonly upstreamUrl?: string;
}

/** What mends a server that could not be looked at, in a few words. */
const MENDS: Partial<Record<CliErrorCode, string>> = {
  KAFKA_UNREACHABLE: 'start Kafka, or mend KAFKA_BROKERS',
  REGISTRY_UNREACHABLE: 'start the schema registry, or mend SCHEMA_REGISTRY_URL',
  REDIS_UNREACHABLE: 'start Redis, or mend REDIS_URL and REDIS_TOPOLOGY',
  REDIS_URL_INVALID: 'mend REDIS_URL',
  CACHE_REFUSED: 'change that setting of Redis (CONFIG SET, and in its file), or name another server',
  DATABASE_UNREACHABLE: 'start PostgreSQL, or mend DATABASE_URL',
  DATABASE_URL_INVALID: 'mend DATABASE_URL',
};

/** What a check says when it could not be made: its server's own error, which says how to mend it. */
async function asFindings(check: string, work: () => Promise<Finding[]>): Promise<Finding[]> {
  try {
    return await work();
  } catch (error) {
    const known = explainCacheError(error);
    if (!(known instanceof CliError)) throw error;
    return [failed(check, known.message, MENDS[known.code] ?? cliErrors[known.code].means)];
  }
}

const examineKafka = ({ brokers, replication }: Places): Promise<Finding[]> =>
  asFindings('kafka', async () => {
    const groups = streamApps.map((app) => groupOf(app));
    const { count, reports } = await withKafka(brokers, async (ports) => ({
      count: (await ports.client.reached(ports.client.admin.describeCluster())).brokers.length,
      reports: await describeGroups(ports, groups),
    }));
    const topics = await listTopics({
      brokers: [...brokers],
      replication: replication ?? (await replicationFor({ brokers: [...brokers] })),
    });
    return [judgeBrokers(count), ...judgeTopics(topics), ...judgeGroups(reports)];
  });

const examineRegistry = ({ registryUrl }: Places): Promise<Finding[]> =>
  asFindings('schema-registry', async () => [
    passed('schema-registry', 'answers'),
    ...judgeSchemas(await listSchemas({ registryUrl })),
  ]);

const examineRedis = ({ cache }: Places): Promise<Finding[]> =>
  asFindings('redis', async () => {
    const warnings = await withCache(cache, async ({ warnings: said }) => said);
    const time = await connectCacheTime({ url: cache.redisUrl, topology: cache.topology });
    try {
      await time.readTime(); // the first one may load the script
      const askedAt = Date.now();
      const theirs = await time.readTime();
      const clock = judgeClock('redis', { askedAt, answeredAt: Date.now(), theirs });
      return [
        passed('redis', `answers (${cache.topology}); version, role and eviction policy are as the cache needs them`),
        ...(warnings.length === 0
          ? [passed('redis-settings', 'persistence and memory limit go together with the policy')]
          : warnings.map((warning) => warned('redis-settings', warning, 'CONFIG SET, and the same in its file'))),
        clock,
      ];
    } finally {
      await time.close();
    }
  });

/** The database, and what both it and Redis say of the change feed. */
const examineDatabase = (places: Places): Promise<Finding[]> =>
  asFindings('database', async () => {
    const place = databasePlaceOf(places.databaseUrl);
    const { serverVersion, pending, unknown } = await readSchemaState(places).catch((error: unknown) => {
      if (!(error instanceof CatalogUnavailable)) throw error;
      throw new CliError(
        'DATABASE_UNREACHABLE',
        `${error.message} (${place}): is PostgreSQL running, and is DATABASE_URL right?`,
        error,
      );
    });
    const server = judgeDatabaseVersion(serverVersion);
    if (server.state === 'fail') return [server];
    if (pending.length > 0)
      return [server, failed('migrations', `not applied: ${pending.join(', ')}`, 'npx porchlight database migrate')];
    const migrations =
      unknown.length === 0
        ? passed('migrations', 'at head')
        : warned(
            'migrations',
            `newer code was here: ${unknown.join(', ')}`,
            'is this command line as new as the apps?',
          );
    const { progress, clock } = await withCatalog(places.databaseUrl, async (catalog) => {
      await catalog.mlsRules(); // the first one may connect
      const askedAt = Date.now();
      const { readAt: theirs } = await catalog.mlsRules();
      const reading = { askedAt, answeredAt: Date.now(), theirs };
      return { progress: await catalog.relayProgress(), clock: judgeClock('database', reading) };
    });
    return [server, migrations, clock, judgeRelay(progress), ...(await examineMarks(places, progress))];
  });

const examineMarks = ({ cache }: Places, progress: RelayProgress | null): Promise<Finding[]> =>
  asFindings('marks', async () => [judgeMarks(await withCache(cache, ({ marks }) => marks.read()), progress)]);

/** Looks at every dependency, side by side; changes nothing. A server that is away is a finding, not an error. */
export async function examine(places: Places): Promise<Finding[]> {
  const examined = await Promise.all([
    examineKafka(places),
    examineRegistry(places),
    examineRedis(places),
    examineDatabase(places),
    checkUpstream(places.upstreamUrl).then((finding) => [finding]),
  ]);
  return examined.flat();
}

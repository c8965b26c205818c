/**
 * An invalidator of its own process, for the test that kills one between apply and mark: it applies, says so, and the answer never reaches the task.
 * Arguments: brokers, registry, Redis, database, group, key generation, and the names of the four topics in the order of `changeTopics`.
 */
import { createSchemaRegistry, createSerde, renamedTopic } from '@porchlight/contracts';
import { connectEstimateCache } from '@porchlight/estimate-cache';
import { connectCatalog } from '@porchlight/property-catalog';
import { createKafkaStreamApp, localSettings, silentLogger } from '@porchlight/stream';
import { changeTopics, startRealFeed } from './real-feed.ts';

const [brokers = '', registry = '', redisUrl = '', databaseUrl = '', groupId = '', keyGeneration = '', ...names] =
  process.argv.slice(2);
const [statusName = '', overrideName = '', ruleName = '', estimateName = ''] = names;
const streams = {
  listingStatusChanged: renamedTopic(changeTopics.listingStatusChanged, statusName),
  sellerOverrideChanged: renamedTopic(changeTopics.sellerOverrideChanged, overrideName),
  mlsRuleChanged: renamedTopic(changeTopics.mlsRuleChanged, ruleName),
  estimateUpdated: renamedTopic(changeTopics.estimateUpdated, estimateName),
};

/** A busy machine answers late. */
async function connectWithin(triesLeft: number): ReturnType<typeof connectEstimateCache> {
  try {
    return await connectEstimateCache({ url: redisUrl, config: { keyGeneration } });
  } catch (error) {
    if (triesLeft === 0) throw error;
    return connectWithin(triesLeft - 1);
  }
}
const redis = await connectWithin(10);
const onFatal = (error: unknown): void => {
  process.stderr.write(`${String(error)}\n`);
  process.exit(1);
};
await startRealFeed({
  redis: {
    marks: redis.marks,
    cache: {
      update: (changes) => redis.cache.update(changes),
      async invalidate(changes) {
        await redis.cache.invalidate(changes);
        process.stdout.write('applied\n');
        return await new Promise<never>(() => undefined);
      },
    },
  },
  catalog: connectCatalog({ databaseUrl }),
  streams,
  join: async (definitions) => {
    const serde = createSerde({ registry: createSchemaRegistry({ url: registry }) });
    const app = createKafkaStreamApp({
      ...{ connection: { brokers: brokers.split(','), clientId: 'mark-member' }, groupId, definitions, serde },
      ...{ log: silentLogger, settings: localSettings, onFatal },
    });
    await app.start();
    return app;
  },
  onFatal,
});

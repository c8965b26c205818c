import type kafkajs from 'kafkajs';
import { retryOf } from './kafkajs-connection.ts';
import { assignersWith, type GroupHooks } from './kafkajs-patches.ts';
import type { KafkaSettings } from './kafkajs-settings.ts';

/** A consumer of the group with every number spelt out; `hooks` are called by the patched client. */
export const createConsumer = (
  kafka: kafkajs.Kafka,
  { groupId, settings, hooks }: { groupId: string; settings: KafkaSettings; hooks: GroupHooks },
): kafkajs.Consumer =>
  kafka.consumer({
    groupId,
    partitionAssigners: assignersWith(hooks),
    sessionTimeout: settings.sessionMs,
    heartbeatInterval: settings.heartbeatEveryMs,
    rebalanceTimeout: settings.rebalanceMs,
    minBytes: 1,
    maxWaitTimeInMs: settings.fetchWaitMs,
    maxBytesPerPartition: settings.partitionFetchBytesMax,
    maxBytes: settings.fetchBytesMax,
    metadataMaxAge: settings.metadataAgeMs,
    allowAutoTopicCreation: false,
    // One restart policy, ours: a session that ends for an outage is opened again with a new consumer, any other ends the process.
    retry: { ...retryOf(settings), restartOnFailure: () => Promise.resolve(false) },
  });

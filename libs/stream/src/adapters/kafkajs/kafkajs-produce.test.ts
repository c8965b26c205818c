import { createRequire } from 'node:module';
import { describe, expect, test } from '@jest/globals';
import type kafkajs from 'kafkajs';
import { createGate } from '../../testing/test-bed.ts';
import { createProducerConnection } from './kafkajs-produce.ts';
import { createTopicProducers } from './kafkajs-topic-producers.ts';

/** kafkajs' own producer, so that its faults are met; only the cluster below it is ours. */
const createKafkajsProducer = createRequire(import.meta.url)('kafkajs/src/producer') as (
  options: unknown,
) => kafkajs.Producer;

interface TopicData {
  readonly partitions: readonly {
    readonly partition: number;
    readonly messages: readonly { readonly value: Buffer }[];
  }[];
}

/** Two brokers, a partition each. The second loses its partition to the first at the first request that it gets. */
class MovingCluster {
  readonly retry = { retries: 3, initialRetryTime: 1, maxRetryTime: 1 };
  readonly log: { broker: number; partition: number; value: string }[] = [];
  /** Of each request. */
  readonly acks: number[] = [];
  /** How often its client has closed it. */
  closed = 0;
  #leaders = [1, 2];
  readonly #brokers = [1, 2].map((nodeId) => ({ nodeId, produce: this.#produceAt(nodeId) }));

  kafka(): kafkajs.Kafka {
    const quiet = { debug() {}, info() {}, warn() {}, error() {}, namespace: () => quiet };
    const producer = (options: kafkajs.ProducerConfig): kafkajs.Producer =>
      createKafkajsProducer({
        ...options,
        cluster: this.#asCluster(),
        logger: quiet,
        retry: { ...this.retry, ...options.retry },
      });
    return { producer } as unknown as kafkajs.Kafka;
  }

  #asCluster(): unknown {
    const nothing = async (): Promise<void> => undefined;
    return {
      ...{
        retry: this.retry,
        connect: nothing,
        disconnect: async () => void (this.closed += 1),
        isConnected: () => true,
        targetTopics: new Set(),
      },
      ...{ addMultipleTargetTopics: nothing, refreshMetadata: nothing, refreshMetadataIfNecessary: nothing },
      findTopicPartitionMetadata: () => this.#leaders.map((leader, partitionId) => ({ leader, partitionId })),
      findLeaderForPartitions: (_topic: string, partitions: readonly string[]) =>
        Object.groupBy(partitions.map(Number), (partition) => String(this.#leaders[partition])),
      findBroker: async ({ nodeId }: { nodeId: string }) => this.#brokers[Number(nodeId) - 1],
    };
  }

  #produceAt(broker: number) {
    return async ({ topicData, acks }: { topicData: readonly TopicData[]; acks: number }): Promise<unknown> => {
      this.acks.push(acks);
      if (broker === 2) {
        // By then the first broker has answered.
        await new Promise((resolve) => setImmediate(resolve));
        this.#leaders = [1, 1];
        throw Object.assign(new Error('no leader of it'), {
          name: 'KafkaJSProtocolError',
          ...{ type: 'NOT_LEADER_FOR_PARTITION', retriable: true },
        });
      }
      for (const { partitions } of topicData)
        for (const { partition, messages } of partitions)
          this.log.push(
            ...messages.map(({ value }) => ({ broker, partition: Number(partition), value: String(value) })),
          );
      return { topics: [] };
    };
  }
}

/** Their keys lie in the first and in the second partition of two, by murmur2. */
const records = ['a', 'd'].map((key) => ({
  ...{ topic: 'lamps', headers: {} },
  key: Buffer.from(key),
  value: Buffer.from(`value of ${key}`),
}));

test('what a broker refused that has lost its partition is written by the next leader, although that one had answered already', async () => {
  const cluster = new MovingCluster();
  const connection = createProducerConnection(cluster.kafka(), {
    metadataAgeMs: 60_000,
    tries: { most: 3, waitMs: 1 },
  });
  await connection.produce(records);
  const written = new Set(cluster.log.map(({ partition, value }) => `${partition}: ${value}`));
  expect([...written].toSorted()).toEqual(['0: value of a', '1: value of d']);
});

test('without tries of its own a refused call rejects as one to be tried again, and nothing is called sent', async () => {
  const cluster = new MovingCluster();
  const connection = createProducerConnection(cluster.kafka(), { metadataAgeMs: 60_000 });
  await expect(connection.produce(records)).rejects.toMatchObject({ code: 'KAFKA_UNAVAILABLE', fate: 'retry' });
});

test('a call is answered when all replicas in sync have the records', async () => {
  const cluster = new MovingCluster();
  const connection = createProducerConnection(cluster.kafka(), {
    metadataAgeMs: 60_000,
    tries: { most: 3, waitMs: 1 },
  });
  await connection.produce(records);
  expect(new Set(cluster.acks)).toEqual(new Set([-1]));
});

/** A client whose producers say what is done with them, and connect when they are let. */
function createSlowClient() {
  const connecting = createGate();
  const calls: string[] = [];
  const producer = () => ({
    connect: () => (calls.push('connects'), connecting.passed),
    sendBatch: async () => (calls.push('sends'), []),
    disconnect: async () => void calls.push('is closed'),
  });
  return { connecting, calls, kafka: { producer } as unknown as kafkajs.Kafka };
}

test('a producer that is closed while it connects is closed when it has, and opens nothing any more', async () => {
  const { connecting, calls, kafka } = createSlowClient();
  const connection = createProducerConnection(kafka, { metadataAgeMs: 60_000 });
  const connected = connection.connect();
  const closed = connection.disconnect();
  await new Promise((resolve) => setImmediate(resolve));
  expect(calls).toEqual(['connects']);
  connecting.open();
  await Promise.all([connected, closed]);
  await expect(connection.produce(records)).rejects.toMatchObject({ code: 'KAFKA_UNAVAILABLE', fate: 'retry' });
  await expect(connection.connect()).rejects.toMatchObject({ code: 'KAFKA_UNAVAILABLE' });
  expect(calls).toEqual(['connects', 'is closed']);
});

/** A client whose producer times out so often, at whatever is asked of it first. */
function createSilentClient(
  at: 'connects' | 'sends',
  timeouts: number,
  disconnect = async (): Promise<void> => undefined,
) {
  const calls: string[] = [];
  let left = timeouts;
  const asked = async (what: string): Promise<void> => {
    calls.push(what);
    if (what !== at || (left -= 1) < 0) return;
    throw Object.assign(new Error('Request Produce timed out'), {
      name: 'KafkaJSRequestTimeoutError',
      retriable: true,
    });
  };
  const producer = () => ({
    connect: () => asked('connects'),
    sendBatch: () => asked('sends'),
    disconnect: () => (calls.push('lets go'), disconnect()),
  });
  return { calls, kafka: { producer } as unknown as kafkajs.Kafka };
}

describe('a connection on which nothing is answered', () => {
  test.each([
    ['sends', ['connects', 'sends', 'lets go', 'connects', 'sends']],
    ['connects', ['connects', 'lets go', 'connects', 'sends']],
  ] as const)('may lead nowhere: whoever %s in vain does so anew on another', async (at, expected) => {
    const { calls, kafka } = createSilentClient(at, 1);
    const connection = createProducerConnection(kafka, { metadataAgeMs: 60_000, tries: { most: 2, waitMs: 1 } });
    await connection.produce(records);
    expect(calls).toEqual(expected);
  });

  test('is kept after any other error', async () => {
    const cluster = new MovingCluster();
    const connection = createProducerConnection(cluster.kafka(), { metadataAgeMs: 60_000 });
    await expect(connection.produce(records)).rejects.toMatchObject({ code: 'KAFKA_UNAVAILABLE' });
    await connection.produce(records);
    expect(cluster.closed).toBe(0);
  });

  test('that cannot be let go of holds nobody up', async () => {
    const { calls, kafka } = createSilentClient('sends', 1, () => new Promise<void>(() => undefined));
    const connection = createProducerConnection(kafka, { metadataAgeMs: 60_000, tries: { most: 2, waitMs: 1 } });
    await connection.produce(records);
    expect(calls).toEqual(['connects', 'sends', 'lets go', 'connects', 'sends']);
  });
});

test('an app that stops while it starts connects no producers behind its end', async () => {
  const { calls, kafka } = createSlowClient();
  const producers = createTopicProducers(kafka, { metadataAgeMs: 60_000 });
  await producers.disconnect();
  await expect(producers.connect(['lamps'])).rejects.toMatchObject({ code: 'KAFKA_UNAVAILABLE', fate: 'retry' });
  expect(calls).toEqual([]);
});

import { randomUUID } from 'node:crypto';
import { createSchemaRegistry, createSerde, topics, type ViewportViewed } from '@porchlight/contracts';
import { Kafka, logLevel } from 'kafkajs';

export interface ViewEventsOptions {
  readonly brokers: string;
  readonly registryUrl: string;
  /** Records from this instant on, milliseconds UTC. */
  readonly fromAt: number;
}

const READ_MS_MAX = 60_000;

interface Span {
  readonly partition: number;
  readonly from: bigint;
  readonly end: bigint;
}

/**
 * Reads what the API has published of the maps that it answered.
 *
 * @throws if the topic's end of now is not reached within a minute
 */
export async function readViewEvents({ brokers, registryUrl, fromAt }: ViewEventsOptions): Promise<ViewportViewed[]> {
  const topic = topics.viewportViewed;
  const kafka = new Kafka({ clientId: 'bench-talk', brokers: brokers.split(','), logLevel: logLevel.NOTHING });
  const spans = await spansOf(kafka, topic.name, fromAt);
  if (spans.length === 0) return [];
  const serde = createSerde({ registry: createSchemaRegistry({ url: registryUrl }) });
  const left = new Map(spans.map(({ partition, end }) => [partition, end]));
  const events: ViewportViewed[] = [];
  const consumer = kafka.consumer({ groupId: `bench-talk-${randomUUID()}` });
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const timer = setTimeout(() => reject(new Error('the viewport events could not be read')), READ_MS_MAX);
  try {
    await consumer.connect();
    await consumer.subscribe({ topic: topic.name });
    await consumer.run({
      autoCommit: false,
      eachMessage: async ({ partition, message }) => {
        const end = left.get(partition);
        if (end === undefined || message.value === null) return;
        events.push(await serde.decode(topic, message.value));
        if (BigInt(message.offset) + 1n < end) return;
        left.delete(partition);
        if (left.size === 0) resolve();
      },
    });
    for (const { partition, from } of spans) consumer.seek({ topic: topic.name, partition, offset: String(from) });
    await promise;
  } finally {
    clearTimeout(timer);
    await consumer.disconnect();
  }
  return events;
}

/** From where to where each partition is read; those with nothing new are left out. */
async function spansOf(kafka: Kafka, topic: string, fromAt: number): Promise<Span[]> {
  const admin = kafka.admin();
  await admin.connect();
  try {
    const [begins, ends] = await Promise.all([
      admin.fetchTopicOffsetsByTimestamp(topic, fromAt),
      admin.fetchTopicOffsets(topic),
    ]);
    return ends.flatMap(({ partition, high }): Span[] => {
      const begin = begins.find((each) => each.partition === partition);
      // kafkajs says the end, or -1, of a partition with nothing after the instant
      const from = BigInt(begin?.offset ?? '-1');
      const end = BigInt(high);
      return from < 0n || from >= end ? [] : [{ partition, from, end }];
    });
  } finally {
    await admin.disconnect();
  }
}

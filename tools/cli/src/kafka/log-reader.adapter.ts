import { setTimeout as sleep } from 'node:timers/promises';
import type { IHeaders, KafkaMessage } from 'kafkajs';
import { FetchedBatch, refusalOf, type KafkaClient, type PartitionAnswer } from './kafka-client.adapter.ts';
import type { Fetched, FetchOptions, LogReader, LogRecord, PartitionBounds, Position } from './log-reader.ts';

/** A leader that moved is found again after a moment. */
const TRIES_MAX = 6;
const TRY_AGAIN_MS = 250;
const FETCH_BYTES_MAX = 8 * 1024 * 1024;
const ISOLATION = { all: 0, committed: 1 } as const;
/** Refusals that the next look at the metadata mends. */
const MOVED = ['NOT_LEADER_FOR_PARTITION', 'UNKNOWN_TOPIC_OR_PARTITION', 'LEADER_NOT_AVAILABLE', 'FENCED_LEADER_EPOCH'];
const GONE = 'OFFSET_OUT_OF_RANGE';

const headersOf = (headers: IHeaders | undefined): LogRecord['headers'] => {
  const bytesOf = (value: string | Buffer): Buffer => (Buffer.isBuffer(value) ? value : Buffer.from(value));
  return Object.fromEntries(
    Object.entries(headers ?? {}).flatMap(([name, value]) => {
      if (value === undefined) return [];
      return [[name, Array.isArray(value) ? value.map(bytesOf) : bytesOf(value)]];
    }),
  );
};

const recordOf = (at: Position, message: KafkaMessage): LogRecord => ({
  topic: at.topic,
  partition: at.partition,
  offset: Number(message.offset),
  timestamp: Number(message.timestamp),
  key: message.key,
  value: message.value,
  headers: headersOf(message.headers),
});

function fetchedOf(at: Position, answer: PartitionAnswer, { isolation }: FetchOptions): Fetched {
  const batch = new FetchedBatch(at.topic, String(at.offset), answer);
  const last = answer.messages.at(-1);
  const end = isolation === 'all' ? answer.highWatermark : (answer.lastStableOffset ?? answer.highWatermark);
  return {
    topic: at.topic,
    partition: at.partition,
    records: batch.messages.map((message) => recordOf(at, message)),
    next: last === undefined ? at.offset : Math.max(at.offset, Number(last.offset) + 1),
    readableEnd: Number(end),
  };
}

async function fetchFrom(
  { cluster }: KafkaClient,
  nodeId: string,
  [positions, options]: [readonly Position[], FetchOptions],
): Promise<Fetched[]> {
  const broker = await cluster.findBroker({ nodeId });
  const byTopic = [...Map.groupBy(positions, ({ topic }) => topic)];
  const { responses } = await broker.fetch({
    replicaId: -1,
    maxWaitTime: options.waitMs,
    minBytes: 1,
    maxBytes: FETCH_BYTES_MAX,
    isolationLevel: ISOLATION[options.isolation],
    topics: byTopic.map(([topic, each]) => ({
      topic,
      partitions: each.map(({ partition, offset }) => ({
        partition,
        fetchOffset: String(offset),
        maxBytes: options.partitionBytesMax,
      })),
    })),
  });
  return responses.flatMap(({ topicName, partitions }) =>
    partitions.flatMap((answer) => {
      const at = positions.find(({ topic, partition }) => topic === topicName && partition === answer.partition);
      return at === undefined ? [] : [fetchedOf(at, answer, options)];
    }),
  );
}

async function fetchOnce(
  client: KafkaClient,
  positions: readonly Position[],
  options: FetchOptions,
): Promise<Fetched[]> {
  await client.cluster.addMultipleTargetTopics([...new Set(positions.map(({ topic }) => topic))]);
  const byLeader = Map.groupBy(positions, ({ topic, partition }) => {
    const leaders = Object.keys(client.cluster.findLeaderForPartitions(topic, [partition]));
    return leaders[0] ?? '';
  });
  const answers = [...byLeader].map(([nodeId, each]) => fetchFrom(client, nodeId, [each, options]));
  return (await Promise.all(answers)).flat();
}

const boundsIn = async ({ admin }: KafkaClient, topic: string): Promise<PartitionBounds[]> =>
  (await admin.fetchTopicOffsets(topic))
    .map(({ partition, low, high }) => ({ partition, low: Number(low), end: Number(high) }))
    .toSorted((a, b) => a.partition - b.partition);

/** Retention took what was to be read next: on from what is left. */
async function movedToBegin(client: KafkaClient, positions: readonly Position[]): Promise<Position[]> {
  const topics = [...new Set(positions.map(({ topic }) => topic))];
  const bounds = new Map<string, PartitionBounds[]>();
  for (const topic of topics) bounds.set(topic, await boundsIn(client, topic));
  return positions.map((at) => {
    const found = bounds.get(at.topic)?.find(({ partition }) => partition === at.partition);
    return found === undefined ? at : { ...at, offset: Math.min(Math.max(at.offset, found.low), found.end) };
  });
}

async function fetchPatiently(
  client: KafkaClient,
  positions: readonly Position[],
  options: FetchOptions,
): Promise<Fetched[]> {
  let from = positions;
  for (let tries = 1; ; tries += 1) {
    try {
      return await fetchOnce(client, from, options);
    } catch (error) {
      const refusal = refusalOf(error) ?? '';
      if (tries === TRIES_MAX || (refusal !== GONE && !MOVED.includes(refusal))) throw error;
      if (refusal === GONE) from = await movedToBegin(client, from);
      else await sleep(TRY_AGAIN_MS);
      await client.cluster.refreshMetadata();
    }
  }
}

/**
 * A batch whose records are all compacted away decodes as nothing, and the same position would be asked for ever. A broker that was asked for
 * many partitions may leave some out: only the answer to a question for one partition alone says that there is nothing at that offset.
 */
async function stepOverNothing(client: KafkaClient, fetched: Fetched, options: FetchOptions): Promise<Fetched> {
  const isStuck = (each: Fetched, at: number) => each.next === at && at < each.readableEnd;
  if (!isStuck(fetched, fetched.next) || fetched.records.length > 0) return fetched;
  const at = { topic: fetched.topic, partition: fetched.partition, offset: fetched.next };
  const [alone = fetched] = await fetchPatiently(client, [at], { ...options, waitMs: 0 });
  return isStuck(alone, at.offset) && alone.records.length === 0 ? { ...alone, next: at.offset + 1 } : alone;
}

/** @returns a reader on a connection that somebody else closes */
export function createLogReader(client: KafkaClient): LogReader {
  const { admin, reached } = client;
  return {
    boundsOf: (topic) =>
      reached(
        admin.listTopics().then(async (names) => (names.includes(topic) ? await boundsIn(client, topic) : undefined)),
      ),
    async offsetsAt(topic, at) {
      const offsets = await reached(admin.fetchTopicOffsetsByTimestamp(topic, at));
      return offsets.map(({ partition, offset }) => ({ topic, partition, offset: Number(offset) }));
    },
    async fetch(positions, options) {
      if (positions.length === 0) return [];
      return reached(
        fetchPatiently(client, positions, options).then((all) =>
          Promise.all(all.map((each) => stepOverNothing(client, each, options))),
        ),
      );
    },
  };
}

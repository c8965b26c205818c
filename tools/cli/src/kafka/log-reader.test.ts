import { expect, test } from '@jest/globals';
import kafkajs from 'kafkajs';
import type { FetchAnswer, KafkaClient } from './kafka-client.adapter.ts';
import { createLogReader } from './log-reader.adapter.ts';
import { readRecords } from './read-records.ts';

interface Asked {
  readonly topics: readonly {
    readonly topic: string;
    readonly partitions: readonly { readonly partition: number; readonly fetchOffset: string }[];
  }[];
}

const refusal = (type: string): Error =>
  new kafkajs.KafkaJSProtocolError(Object.assign(new Error(type), { type, code: 1, retriable: true }));

const messageAt = (offset: number) => ({
  offset: String(offset),
  timestamp: '1',
  key: null,
  value: Buffer.from(String(offset)),
  headers: {},
});

/**
 * One broker that leads everything. `held` are the offsets of partition 0 that still have a record; it sends the first
 * batch of two offsets that ends behind the one asked for, which decodes as nothing when compaction has emptied it.
 */
function clientOf({
  held,
  low,
  end,
  refusals = [],
}: {
  held: readonly number[];
  low: number;
  end: number;
  refusals?: string[];
}) {
  const asked: number[] = [];
  let refreshed = 0;
  const fetch = async ({ topics }: Asked): Promise<FetchAnswer> => {
    const refused = refusals.shift();
    if (refused !== undefined) throw refusal(refused);
    const offset = Number(topics[0]?.partitions[0]?.fetchOffset);
    if (offset < low) throw refusal('OFFSET_OUT_OF_RANGE');
    asked.push(offset);
    const batch = Math.floor(offset / 2);
    const messages = held.filter((each) => Math.floor(each / 2) === batch).map(messageAt);
    const partitions = [
      { partition: 0, highWatermark: String(end), lastStableOffset: String(end), abortedTransactions: [], messages },
    ];
    return { responses: [{ topicName: 't', partitions }] };
  };
  const cluster = {
    addMultipleTargetTopics: async () => undefined,
    findLeaderForPartitions: () => ({ 1: [0] }),
    findBroker: async () => ({ fetch }),
    refreshMetadata: async () => void (refreshed += 1),
  };
  const admin = { fetchTopicOffsets: async () => [{ partition: 0, low: String(low), high: String(end) }] };
  const client = { cluster, admin, reached: <T>(request: Promise<T>) => request } as unknown as KafkaClient;
  return { reader: createLogReader(client), asked, refreshed: () => refreshed };
}

async function read(client: ReturnType<typeof clientOf>, offset: number, end: number): Promise<number[]> {
  const offsets: number[] = [];
  for await (const records of readRecords(client.reader, [{ topic: 't', partition: 0, offset, end }]))
    offsets.push(...records.map((record) => record.offset));
  return offsets;
}

test('steps over batches that compaction has emptied, also at the end', async () => {
  expect(await read(clientOf({ held: [0, 1, 6], low: 0, end: 10 }), 0, 10)).toEqual([0, 1, 6]);
});

test('gives no record before the place that was asked for, though the broker sends its whole batch', async () => {
  expect(await read(clientOf({ held: [0, 1, 2, 3], low: 0, end: 4 }), 1, 3)).toEqual([1, 2]);
});

test('goes on from the oldest record when retention took the place that it stood at', async () => {
  expect(await read(clientOf({ held: [0, 1, 4, 5], low: 4, end: 6 }), 0, 6)).toEqual([4, 5]);
});

test('asks again, with new metadata, when the leader has moved', async () => {
  const client = clientOf({
    held: [0, 1],
    low: 0,
    end: 2,
    refusals: ['NOT_LEADER_FOR_PARTITION', 'NOT_LEADER_FOR_PARTITION'],
  });
  expect(await read(client, 0, 2)).toEqual([0, 1]);
  expect(client.refreshed()).toBe(2);
});

test('gives up on a refusal that no second try mends', async () => {
  const client = clientOf({ held: [], low: 0, end: 2, refusals: ['TOPIC_AUTHORIZATION_FAILED'] });
  await expect(read(client, 0, 2)).rejects.toMatchObject({ type: 'TOPIC_AUTHORIZATION_FAILED' });
});

test('what was retained is all that is waited for: nothing to read ends at once', async () => {
  const client = clientOf({ held: [], low: 5, end: 5 });
  expect([await read(client, 5, 5), client.asked]).toEqual([[], []]);
});

import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { openRealKafka, type RealKafka } from '../../testing/real-kafka.ts';
import { readTopicRetention } from './kafkajs-topic-retention.ts';

let kafka: RealKafka;
beforeAll(async () => {
  kafka = await openRealKafka();
});
afterAll(() => kafka.close());

test('the broker says how long it keeps each topic, and whether it deletes at all', async () => {
  const short = await kafka.createTopic('short', 1, { 'retention.ms': '1000', 'retention.bytes': '5000' });
  const forEver = await kafka.createTopic('for-ever', 1, { 'retention.ms': '-1' });
  const compacted = await kafka.createTopic('compacted', 1, { 'cleanup.policy': 'compact', 'retention.ms': '-1' });
  const connection = { brokers: kafka.brokers, clientId: 'test' };
  expect(await readTopicRetention(connection, [short.name, forEver.name, compacted.name])).toEqual([
    { topic: short.name, isDeleting: true, retentionMs: 1_000, retentionBytes: 5_000 },
    { topic: forEver.name, isDeleting: true, retentionMs: null, retentionBytes: null },
    { topic: compacted.name, isDeleting: false, retentionMs: null, retentionBytes: null },
  ]);
});

test('a topic that is not there yet, and a broker that is away, are waited for', async () => {
  const waited = { code: 'KAFKA_UNAVAILABLE', fate: 'retry' };
  const connection = { brokers: kafka.brokers, clientId: 'test' };
  await expect(readTopicRetention(connection, ['nobody-made-this'])).rejects.toMatchObject(waited);
  await expect(readTopicRetention({ brokers: ['127.0.0.1:1'], clientId: 'test' }, ['t'])).rejects.toMatchObject(waited);
});

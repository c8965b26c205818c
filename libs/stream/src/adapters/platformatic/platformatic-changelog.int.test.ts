import { afterEach, beforeEach, expect, test } from '@jest/globals';
import type { TopicPartition } from '../../port.ts';
import type { ChangelogClient, ChangelogRecord } from '../../state/changelog-client.ts';
import { BrokerProxy } from '../../testing/broker-proxy.ts';
import { openRealKafka, type RealKafka } from '../../testing/real-kafka.ts';
import { localSettings } from '../kafkajs/kafkajs-settings.ts';
import { createPlatformaticChangelog } from './platformatic-changelog.ts';

let kafka: RealKafka;
let proxy: BrokerProxy;
let changelog: ChangelogClient;
let at: TopicPartition;
beforeEach(async () => {
  kafka = await openRealKafka();
  proxy = new BrokerProxy(kafka.brokers[0] ?? '');
  await proxy.up();
  const { name } = await kafka.createTopic('changelog', 3, { 'cleanup.policy': 'compact' });
  at = { topic: name, partition: 2 };
  const connection = { brokers: [proxy.address], clientId: 'changelog-tests' };
  changelog = createPlatformaticChangelog(connection, { ...localSettings.kafka, connectMs: 500, requestMs: 1_000 });
});
afterEach(async () => {
  await changelog.close();
  await kafka.close();
  await proxy.down();
});

const record = (key: string, value: string | null): ChangelogRecord => ({
  key: Buffer.from(key),
  value: value === null ? null : Buffer.from(value),
  headers: { n: Buffer.from('1') },
});
const textsOf = (records: readonly { offset: bigint; key: Buffer | null; value: Buffer | null }[]) =>
  records.map(({ offset, key, value }) => [offset, key?.toString(), value?.toString() ?? null]);

test('says how a topic was made, and that one is not there', async () => {
  expect(await changelog.describe(at.topic)).toEqual({ partitions: 3, cleanupPolicy: 'compact' });
  expect(await changelog.describe(`${at.topic}.none`)).toBeNull();
});

test('what is appended is read again as it was, from any offset on, and the end is known', async () => {
  expect(await changelog.bounds(at)).toEqual({ start: 0n, end: 0n });
  expect(await changelog.append(at, [record('a', '1'), record('b', null)])).toBe(0n);
  expect(await changelog.append(at, [record('a', '2')])).toBe(2n);
  expect(await changelog.bounds(at)).toEqual({ start: 0n, end: 3n });
  const piece = await changelog.read(at, 1n);
  expect(textsOf(piece.records)).toEqual([
    [1n, 'b', null],
    [2n, 'a', '2'],
  ]);
  expect([piece.nextOffset, piece.records[0]?.headers]).toEqual([3n, { n: Buffer.from('1') }]);
  expect(await changelog.read(at, 3n)).toEqual({ records: [], nextOffset: 3n });
});

test('partitions are read side by side', async () => {
  const partitions = [0, 1, 2].map((partition) => ({ topic: at.topic, partition }));
  await Promise.all(partitions.map((each) => changelog.append(each, [record(`k${each.partition}`, 'v')])));
  const pieces = await Promise.all(partitions.map((each) => changelog.read(each, 0n)));
  expect(pieces.map(({ records }) => records.map(({ key }) => key?.toString()))).toEqual([['k0'], ['k1'], ['k2']]);
});

test('a broker that is away fails every call with fate retry, and the same client goes on when it is back', async () => {
  await changelog.append(at, [record('a', '1')]);
  await proxy.down();
  const calls = [
    () => changelog.describe(at.topic),
    () => changelog.bounds(at),
    () => changelog.append(at, [record('a', '2')]),
    () => changelog.read(at, 0n),
  ];
  for (const call of calls) await expect(call()).rejects.toMatchObject({ code: 'KAFKA_UNAVAILABLE', fate: 'retry' });
  await proxy.up();
  expect(await changelog.append(at, [record('a', '3')])).toBe(1n);
  expect(textsOf((await changelog.read(at, 0n)).records)).toEqual([
    [0n, 'a', '1'],
    [1n, 'a', '3'],
  ]);
});

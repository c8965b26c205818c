import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { silentLogger } from '../../log.ts';
import { changelogTopicFor, type ChangelogRecord } from '../../state/changelog-client.ts';
import { openRealKafka, type RealKafka } from '../../testing/real-kafka.ts';
import { createKafkaChangelog } from './kafkajs-changelog.ts';
import { createKafka } from './kafkajs-connection.ts';
import { localSettings } from './kafkajs-settings.ts';

let kafka: RealKafka;
beforeAll(async () => {
  kafka = await openRealKafka();
  await kafka.createChangelog(4);
});
afterAll(() => kafka?.close());

const createClient = () =>
  createKafkaChangelog(
    createKafka({ brokers: kafka.brokers, clientId: 'changelog-tests' }, localSettings.kafka, silentLogger),
    localSettings.kafka,
  );
const record = (key: string, value: string | null): ChangelogRecord => ({
  key: Buffer.from(key),
  value: value === null ? null : Buffer.from(value),
  headers: { n: Buffer.from('1') },
});

test('appends batches without a gap, and reads them back from any offset', async () => {
  const client = createClient();
  const at = { topic: changelogTopicFor(kafka.groupId), partition: 1 };
  expect(await client.bounds(at)).toEqual({ start: 0n, end: 0n });
  expect(await client.append(at, [record('a', '1'), record('b', null)])).toBe(0n);
  expect(await client.append(at, [record('c', '3')])).toBe(2n);
  const { records, nextOffset } = await client.read(at, 1n);
  const seen = records.map(({ offset, key, value, headers }) => [
    offset,
    key?.toString(),
    value?.toString(),
    headers['n']?.toString(),
  ]);
  expect(seen[0]).toEqual([1n, 'b', undefined, '1']);
  expect([await client.bounds(at), nextOffset > 1n]).toEqual([{ start: 0n, end: 3n }, true]);
  await client.close();
});

test('says how a topic was made, and that there is none', async () => {
  const client = createClient();
  expect(await client.describe(changelogTopicFor(kafka.groupId))).toEqual({ partitions: 4, cleanupPolicy: 'compact' });
  expect(await client.describe(`${kafka.groupId}.nowhere`)).toBeNull();
  await client.close();
});

test('many partitions that are restored at once leave no connection behind', async () => {
  const sockets = (): number => process.getActiveResourcesInfo().filter((each) => each === 'TCPSocketWrap').length;
  const before = sockets();
  const client = createClient();
  const restore = async (partition: number): Promise<void> => {
    const at = { topic: changelogTopicFor(kafka.groupId), partition };
    const offset = await client.append(at, [record('x', '1')]);
    await client.read(at, offset);
  };
  await Promise.all([0, 1, 2, 3].map(restore));
  await client.close();
  expect(sockets()).toBe(before);
  await expect(client.append({ topic: 'any', partition: 0 }, [])).rejects.toMatchObject({ fate: 'retry' });
});

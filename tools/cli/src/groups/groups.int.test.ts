import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { KafkaFixture, kafkajsVersion } from '../testing/kafka-fixture.ts';
import { runCommand } from '../testing/run-command.ts';
import { describeGroups, porchlightGroups } from './describe-groups.ts';

const kafka = new KafkaFixture();
const HOUR_MS = 3_600_000;
const NOW = Date.now();

beforeAll(() => kafka.open());
afterAll(() => kafka.close());

const look = async (group: string) => {
  const [report] = await kafka.use((ports) => describeGroups({ ...ports, now: () => NOW }, [group]));
  if (report === undefined) throw new Error('no report');
  return report;
};

const at = (partition: number, ageMs: number) => ({ partition, value: 'x', timestamp: String(NOW - ageMs) });

test('the adapters reach into the kafkajs that they were written for', () => {
  expect(kafkajsVersion()).toBe('2.2.4');
});

describe('a group that nobody is in', () => {
  test('shows lag and the age of the oldest unread record of each partition', async () => {
    const topic = await kafka.topic(3);
    const group = kafka.group();
    await kafka.send(topic, [at(0, 3 * HOUR_MS), at(0, 2 * HOUR_MS), at(0, HOUR_MS), at(1, HOUR_MS)]);
    await kafka.stand(group, topic, [1, 1]);
    const report = await look(group);
    expect(report).toMatchObject({ state: 'Empty', members: [], lag: 2, oldestUnreadMs: 2 * HOUR_MS });
    expect(
      report.partitions.map(({ partition, committed, end, lag, oldestUnreadAt, owner }) => [
        partition,
        committed,
        end,
        lag,
        oldestUnreadAt,
        owner,
      ]),
    ).toEqual([
      [0, 1, 3, 2, NOW - 2 * HOUR_MS, null],
      [1, 1, 1, 0, null, null],
      [2, null, 0, null, null, null],
    ]);
  });

  test('says how many records retention took before it read them', async () => {
    const topic = await kafka.topic();
    const group = kafka.group();
    await kafka.send(topic, [at(0, 3 * HOUR_MS), at(0, 2 * HOUR_MS), at(0, HOUR_MS)]);
    await kafka.stand(group, topic, [0]);
    await kafka.cut(topic, 2);
    expect((await look(group)).partitions).toMatchObject([
      { committed: 0, low: 2, lag: 1, lost: 2, oldestUnreadAt: NOW - HOUR_MS },
    ]);
  });

  test('whose topic was deleted still shows its other topics', async () => {
    const [kept, deleted] = [await kafka.topic(), await kafka.topic()];
    const group = kafka.group();
    await kafka.send(kept, [at(0, HOUR_MS)]);
    await kafka.stand(group, kept, [0]);
    await kafka.stand(group, deleted, [0]);
    await kafka.admin.deleteTopics({ topics: [deleted] });
    const byTopic = Object.fromEntries((await look(group)).partitions.map((each) => [each.topic, each]));
    // A broker may forget a group's offsets together with their topic.
    expect(byTopic[deleted] ?? { end: null, lag: null }).toMatchObject({ end: null, lag: null });
    expect(byTopic[kept]).toMatchObject({ end: 1, lag: 1 });
  });
});

test('a group with a member shows who owns what, also partitions without a commit', async () => {
  const topic = await kafka.topic(2);
  const group = kafka.group();
  await kafka.join(group, topic);
  const report = await look(group);
  expect(report.state).toBe('Stable');
  expect(report.members).toMatchObject([{ clientId: 'cli-tests', partitions: 2 }]);
  expect(report.partitions.map(({ owner }) => owner)).toEqual(['cli-tests', 'cli-tests']);
});

test('looking leaves no group behind', async () => {
  const topic = await kafka.topic();
  const group = kafka.group();
  await kafka.send(topic, [at(0, HOUR_MS)]);
  await kafka.stand(group, topic, [0]);
  const before = await kafka.use((ports) => ports.groups.names());
  await look(group);
  const after = await kafka.use((ports) => ports.groups.names());
  expect(after.filter((name) => name.includes('cli') && !before.includes(name))).toEqual([]);
  expect(await kafka.use(porchlightGroups)).toContain(group);
});

describe('the command', () => {
  const environment = { KAFKA_BROKERS: kafka.brokers.join(',') };

  test('prints one JSON value with --json', async () => {
    const topic = await kafka.topic();
    const group = kafka.group();
    await kafka.send(topic, [at(0, HOUR_MS)]);
    await kafka.stand(group, topic, [0]);
    const { code, out, error } = await runCommand(['groups', group, '--json'], environment);
    expect({ code, error }).toEqual({ code: 0, error: '' });
    expect(JSON.parse(out)).toMatchObject([{ group, lag: 1, partitions: [{ topic, partition: 0, lag: 1 }] }]);
  });

  test('prints a table with a picture of the lag', async () => {
    const topic = await kafka.topic();
    const group = kafka.group();
    await kafka.send(topic, [at(0, 2 * HOUR_MS)]);
    await kafka.stand(group, topic, [0]);
    const { out } = await runCommand(['groups', group], environment);
    expect(out).toContain(`${group}: Empty, lag 1, oldest unread 2 h`);
    expect(out).toContain('nobody is in it');
    expect(out).toContain('█'.repeat(20));
  });

  test('refuses a group that nobody has heard of', async () => {
    const { code, error } = await runCommand(['groups', kafka.group()], environment);
    expect({ code, error: error.split(':')[0] }).toEqual({ code: 1, error: 'GROUP_UNKNOWN' });
  });
});

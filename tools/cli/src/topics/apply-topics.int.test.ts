import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { renamedTopic, topics } from '@porchlight/contracts';
import kafkajs, { type Admin } from 'kafkajs';
import type { CliError } from '../cli-error.ts';
import { ownName, serverAddress } from '../testing/dev-servers.ts';
import { eventually } from '@porchlight/clock/testing';
import { KafkaFixture } from '../testing/kafka-fixture.ts';
import { applyTopics, listTopics } from './apply-topics.ts';
import { readersOf } from './growth-readers.ts';
import type { TopicGrowth } from './plan-growth.ts';
import { wantedTopic, type WantedTopic } from './wanted-topics.ts';

const brokers = serverAddress('KAFKA_BROKERS').split(',');
const created: string[] = [];
let admin: Admin;

beforeAll(async () => {
  admin = new kafkajs.Kafka({ brokers, logLevel: kafkajs.logLevel.NOTHING }).admin();
  await admin.connect();
});

afterAll(async () => {
  const existing = new Set(await admin.listTopics());
  await admin.deleteTopics({ topics: created.filter((name) => existing.has(name)) });
  await admin.disconnect();
});

/** A topic of the contracts under a name of this test's own. */
const own = (topic: (typeof topics)[keyof typeof topics]): WantedTopic => {
  const wanted = wantedTopic(renamedTopic<unknown>(topic, ownName(topic.name)), 1);
  created.push(wanted.name);
  return wanted;
};

const apply = (wanted: WantedTopic[], dryRun = false) =>
  applyTopics({ brokers, replication: 1, topics: wanted, dryRun });

const refusal = async (work: Promise<unknown>): Promise<CliError> => {
  try {
    await work;
  } catch (error) {
    return error as CliError;
  }
  throw new Error('was not refused');
};

test('creates what is missing with its partitions and configs, and says so', async () => {
  const wanted = [own(topics.viewportViewed), own(topics.mlsRuleChanged)];
  const lines: string[] = [];
  const reports = await applyTopics({ brokers, replication: 1, topics: wanted, log: (line) => lines.push(line) });
  expect(reports.map(({ name, partitions, state }) => ({ name, partitions, state }))).toEqual([
    { name: wanted[0]?.name, partitions: 6, state: 'created' },
    { name: wanted[1]?.name, partitions: 3, state: 'created' },
  ]);
  expect(lines).toEqual([`created ${wanted[0]?.name} (6 partitions)`, `created ${wanted[1]?.name} (3 partitions)`]);
  const { resources } = await admin.describeConfigs({
    includeSynonyms: false,
    resources: wanted.map(({ name }) => ({
      type: kafkajs.ConfigResourceTypes.TOPIC,
      name,
      configNames: ['cleanup.policy', 'retention.ms', 'min.insync.replicas'],
    })),
  });
  const valuesOf = (name: string | undefined) =>
    Object.fromEntries(
      (resources.find(({ resourceName }) => resourceName === name)?.configEntries ?? []).map((entry) => [
        entry.configName,
        entry.configValue,
      ]),
    );
  expect(valuesOf(wanted[0]?.name)).toEqual({
    'cleanup.policy': 'delete',
    'retention.ms': '604800000',
    'min.insync.replicas': '1',
  });
  expect(valuesOf(wanted[1]?.name)).toEqual({
    'cleanup.policy': 'compact',
    'retention.ms': '1209600000',
    'min.insync.replicas': '1',
  });
});

test('changes nothing the second time', async () => {
  const wanted = [own(topics.estimateUpdated)];
  await apply(wanted);
  expect((await apply(wanted)).map(({ state, differences }) => ({ state, differences }))).toEqual([
    { state: 'unchanged', differences: [] },
  ]);
});

test('a dry run creates nothing', async () => {
  const wanted = [own(topics.warmupRequests)];
  expect((await apply(wanted, true)).map(({ state }) => state)).toEqual(['missing']);
  expect((await listTopics({ brokers, replication: 1, topics: wanted })).map(({ state }) => state)).toEqual([
    'missing',
  ]);
});

describe('drift is refused with what differs and the command that mends it', () => {
  test('another number of partitions, and then nothing else is created either', async () => {
    const there = own(topics.warmupEstimates);
    const missing = own(topics.warmupCandidates);
    await apply([{ ...there, partitions: 2 }]);
    const error = await refusal(apply([there, missing]));
    expect(error.code).toBe('TOPIC_DRIFT');
    expect(error.message).toContain(`${there.name}: partitions is 2, not 12`);
    expect(error.message).toContain(
      `kafka-topics.sh --bootstrap-server ${brokers.join(',')} --alter --topic ${there.name} --partitions 12`,
    );
    expect((await listTopics({ brokers, replication: 1, topics: [there, missing] })).map(({ state }) => state)).toEqual(
      ['drifted', 'missing'],
    );
  });

  test('more partitions than wanted, which Kafka cannot take away', async () => {
    const wanted = own(topics.mlsRuleChanged);
    await apply([{ ...wanted, partitions: 4 }]);
    const error = await refusal(apply([wanted]));
    expect(error.message).toContain(`${wanted.name}: partitions is 4, not 3`);
    expect(error.message).toContain('Kafka takes no partition away');
  });

  test('a config that somebody changed', async () => {
    const wanted = own(topics.listingStatusChanged);
    await apply([wanted]);
    await admin.alterConfigs({
      validateOnly: false,
      resources: [
        {
          type: kafkajs.ConfigResourceTypes.TOPIC,
          name: wanted.name,
          configEntries: [{ name: 'retention.ms', value: '1000' }],
        },
      ],
    });
    // A broker shows a config a moment after the controller has it.
    await eventually(
      () => listTopics({ brokers, replication: 1, topics: [wanted] }),
      ([report]) => report?.state === 'drifted',
      'the changed config',
    );
    const error = await refusal(apply([wanted]));
    expect(error.code).toBe('TOPIC_DRIFT');
    expect(error.message).toContain(`${wanted.name}: retention.ms is 1000, not 1209600000`);
    expect(error.message).toContain(`--entity-name ${wanted.name} --add-config retention.ms=1209600000`);
  });
});

test('more replicas than brokers are refused with what to do', async () => {
  const wanted = { ...own(topics.sellerOverrideChanged), replication: 9 };
  const error = await refusal(apply([wanted]));
  expect(error.code).toBe('TOPIC_REFUSED');
  expect(error.message).toContain(wanted.name);
  expect(error.message).toContain('--replication 1');
});

test('a broker that is not there is named, with what to look at', async () => {
  const error = await refusal(applyTopics({ brokers: ['127.0.0.1:9'], replication: 1, topics: [] }));
  expect(error.code).toBe('KAFKA_UNREACHABLE');
  expect(error.message).toContain('127.0.0.1:9');
  expect(error.message).toContain('KAFKA_BROKERS');
});

describe('growth', () => {
  const grow = (wanted: WantedTopic[], growth: (growths: readonly TopicGrowth[]) => Promise<void>, dryRun = false) =>
    applyTopics({ brokers, replication: 1, topics: wanted, dryRun, grow: growth });
  const partitionsOf = async (name: string) =>
    (await admin.fetchTopicMetadata({ topics: [name] })).topics[0]?.partitions.length;

  test('says first what would grow, then lets it; what is there is not touched', async () => {
    const wanted = own(topics.estimateUpdated);
    await apply([{ ...wanted, partitions: 6 }]);
    const told: TopicGrowth[] = [];
    const reports = await grow([wanted], async (growths) => void told.push(...growths));
    expect(told).toEqual([{ name: wanted.name, from: 6, to: 12 }]);
    expect(reports.map(({ state, differences }) => ({ state, differences }))).toEqual([
      { state: 'grown', differences: [] },
    ]);
    expect(await partitionsOf(wanted.name)).toBe(12);
    expect((await apply([wanted])).map(({ state }) => state)).toEqual(['unchanged']);
  });

  test('that nobody agrees to does not happen, and nothing is created either', async () => {
    const [small, missing] = [own(topics.estimateUpdated), own(topics.warmupRequests)];
    await apply([{ ...small, partitions: 6 }]);
    await expect(grow([small, missing], () => Promise.reject(new Error('no')))).rejects.toThrow('no');
    expect(await partitionsOf(small.name)).toBe(6);
    expect((await listTopics({ brokers, replication: 1, topics: [missing] })).map(({ state }) => state)).toEqual([
      'missing',
    ]);
  });

  test('in a dry run is only said', async () => {
    const wanted = own(topics.estimateUpdated);
    await apply([{ ...wanted, partitions: 6 }]);
    expect((await grow([wanted], async () => undefined, true)).map(({ state }) => state)).toEqual(['small']);
    expect(await partitionsOf(wanted.name)).toBe(6);
  });

  test('never takes partitions away, and heals no other difference', async () => {
    const [large, changed] = [own(topics.mlsRuleChanged), own(topics.estimateUpdated)];
    await apply([
      { ...large, partitions: 4 },
      { ...changed, partitions: 6, configs: { ...changed.configs, 'retention.ms': '1000' } },
    ]);
    const agreed = async () => undefined;
    expect((await refusal(grow([large], agreed))).message).toContain('Kafka takes no partition away');
    expect((await refusal(grow([changed], agreed))).message).toContain('retention.ms is 1000');
    expect(await partitionsOf(changed.name)).toBe(6);
  });

  test('names the groups that read the topic, and those that keep state', async () => {
    const fixture = new KafkaFixture();
    await fixture.open();
    const topic = await fixture.topic();
    const [plain, stateful] = [fixture.group(), fixture.group()];
    await fixture.stand(plain, topic, [0]);
    await fixture.stand(stateful, topic, [0]);
    await fixture.topic(1, { name: `${stateful}.changelog` });
    const readers = await fixture.use((ports) => readersOf(ports, [{ name: topic, from: 1, to: 2 }]));
    expect(readers.toSorted((a, b) => Number(a.isStateful) - Number(b.isStateful))).toEqual([
      { group: plain, topics: [topic], isStateful: false, members: 0 },
      { group: stateful, topics: [topic], isStateful: true, members: 0 },
    ]);
    await fixture.close();
  });
});

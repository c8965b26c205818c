import { spawn, type ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { eventually } from '@porchlight/clock/testing';
import kafkajs from 'kafkajs';
import { partitionOfKey } from '../../assignment/partition-of-key.ts';
import { silentLogger } from '../../log.ts';
import type { StreamApp, TaskDefinition, Topic } from '../../port.ts';
import { createRecordingMetrics, skippedIn } from '../../testing/recording-metrics.ts';
import { jsonSerde, openRealKafka, type RealKafka } from '../../testing/real-kafka.ts';
import { failing, processing, reading } from '../../testing/test-bed.ts';
import { ASSIGNER_NAME } from './kafkajs-assigner.ts';
import { createKafkaStreamApp } from './kafkajs-app.ts';
import { createKafkaProducer } from './kafkajs-producer.ts';
import { localSettings } from './kafkajs-settings.ts';

interface Step {
  n: number;
}

const PARTITIONS = 12;
const all = Array.from({ length: PARTITIONS }, (_, partition) => partition);
const connection = (kafka: RealKafka) => ({ brokers: kafka.brokers, clientId: 'group-tests' });

let kafka: RealKafka;
let admin: kafkajs.Admin;
const children: ChildProcess[] = [];
const apps: StreamApp[] = [];
beforeEach(async () => {
  kafka = await openRealKafka();
  admin = new kafkajs.Kafka({ ...connection(kafka), logLevel: kafkajs.logLevel.NOTHING }).admin();
  await admin.connect();
});
afterEach(async () => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
  await Promise.all(apps.splice(0).map((app) => app.stop()));
  await admin.disconnect();
  await kafka.close();
});

/** An app on kafkajs, whichever client the suite is run with. */
function createApp(definitions: readonly TaskDefinition<unknown>[], more: object = {}): StreamApp {
  const onFatal = (error: Error): void => void kafka.fatal.push(error);
  const app = createKafkaStreamApp({
    ...{ connection: connection(kafka), groupId: kafka.groupId, definitions, serde: jsonSerde, log: silentLogger },
    ...{ onFatal, settings: localSettings, ...more },
  });
  apps.push(app);
  return app;
}

/** A member whose tasks count in a field of theirs, and that notes which tasks begin and end. */
async function startMember(input: Topic<Step>) {
  const began: number[] = [];
  const ended: number[] = [];
  const counts: Record<number, number> = {};
  const definition = reading(input, ({ partition }) => {
    began.push(partition);
    let count = 0;
    return {
      process: () => void (counts[partition] = count += 1),
      close: () => void ended.push(partition),
    };
  });
  const app = createApp([definition]);
  await app.start();
  const held = () =>
    app
      .state()
      .partitions.map(({ partition }) => partition)
      .toSorted((a, b) => a - b);
  return { app, began, ended, counts, held };
}

const oneEach = () => all.map((partition) => ({ partition, value: { n: partition } }));

describe('a group of three, one of which is killed', () => {
  const startChild = (input: Topic<Step>, output: Topic<Step>): ChildProcess => {
    const script = fileURLToPath(new URL('../../testing/crash-member.ts', import.meta.url));
    const args = [script, kafka.brokers.join(','), kafka.groupId, input.name, output.name, '1000'];
    const child = spawn(process.execPath, args, { stdio: ['ignore', 'ignore', 'inherit'] });
    children.push(child);
    return child;
  };

  test('moves its partitions only: the other tasks keep their fields, and the newcomer takes what evenness needs', async () => {
    const input = await kafka.createTopic<Step>('in', PARTITIONS);
    const output = await kafka.createTopic<Step>('out');
    const [first, second] = [await startMember(input), await startMember(input)];
    const child = startChild(input, output);
    const sizes = () => [first.held().length, second.held().length];
    await eventually(sizes, (held) => held.join() === '4,4', 'a third of the partitions each');
    const before = { first: first.held(), second: second.held() };
    await kafka.append(input, oneEach());
    const counted = () => [
      ...before.first.map((at) => first.counts[at]),
      ...before.second.map((at) => second.counts[at]),
    ];
    await eventually(counted, (counts) => counts.every((count) => count === 1), 'a record of each partition');
    const [endedBefore, beganBefore] = [
      [first.ended.length, second.ended.length],
      [first.began.length, second.began.length],
    ];

    child.kill('SIGKILL');
    await eventually(sizes, (held) => held.join() === '6,6', 'the partitions of the killed member');
    expect(first.held()).toEqual(expect.arrayContaining(before.first));
    expect(second.held()).toEqual(expect.arrayContaining(before.second));
    expect([...first.held(), ...second.held()].toSorted((a, b) => a - b)).toEqual(all);
    expect([first.ended.length, second.ended.length]).toEqual(endedBefore);
    expect([first.began.length, second.began.length]).toEqual(beganBefore.map((count) => count + 2));
    await kafka.append(input, oneEach());
    await eventually(counted, (counts) => counts.every((count) => count === 2), 'fields that went on counting');

    const third = await startMember(input);
    await eventually(
      () => [...sizes(), third.held().length],
      (held) => held.join() === '4,4,4',
      'the share of the newcomer',
    );
    expect(third.began.toSorted()).toEqual(third.held().toSorted());
    expect([first.ended.length, second.ended.length]).toEqual(endedBefore.map((count) => count + 2));
  }, 90_000);
});

describe('a group in the middle of an upgrade', () => {
  test('agrees on round robin with a member that knows nothing else, and on the sticky assigner when that has gone', async () => {
    const input = await kafka.createTopic<Step>('in', 4);
    const old = new kafkajs.Kafka({ ...connection(kafka), logLevel: kafkajs.logLevel.NOTHING }).consumer({
      ...{
        groupId: kafka.groupId,
        sessionTimeout: 6_000,
        heartbeatInterval: 500,
        rebalanceTimeout: 15_000,
        maxWaitTimeInMs: 100,
      },
    });
    await old.connect();
    await old.subscribe({ topic: input.name, fromBeginning: true });
    await old.run({ autoCommit: false, eachBatch: async () => undefined });
    const member = await startMember(input);
    const protocol = async () => (await admin.describeGroups([kafka.groupId])).groups[0]?.protocol;
    await eventually(member.held, (held) => held.length === 2, 'half of the partitions');
    expect(await protocol()).toBe('RoundRobinAssigner');
    await old.disconnect();
    await eventually(member.held, (held) => held.length === 4, 'all partitions');
    expect(await protocol()).toBe(ASSIGNER_NAME);
  }, 60_000);
});

describe('topics that belong together', () => {
  test('with different numbers of partitions stop the process before it has joined', async () => {
    const left = await kafka.createTopic<Step>('left', 3);
    const right = await kafka.createTopic<Step>('right', 2);
    const pair = reading(left, () => processing<Step>(() => undefined), { inputs: [left, right], coPartitioned: true });
    void createApp([pair]).start();
    await eventually(
      () => kafka.fatal,
      (errors) => errors.length > 0,
      'the refusal',
    );
    expect(kafka.fatal).toEqual([
      expect.objectContaining({
        code: 'CO_PARTITION_MISMATCH',
        message: expect.stringContaining(`${left.name} has 3, ${right.name} has 2`),
      }),
    ]);
    expect(await kafka.memberCount()).toBe(0);
  });

  test('are with one member, partition by partition', async () => {
    const left = await kafka.createTopic<Step>('left', 5);
    const right = await kafka.createTopic<Step>('right', 5);
    const pair = reading(left, () => processing<Step>(() => undefined), { inputs: [left, right], coPartitioned: true });
    const members = [createApp([pair]), createApp([pair])];
    await Promise.all(members.map((app) => app.start()));
    const held = (app: StreamApp | undefined, { name }: Topic<Step>) =>
      (app?.state().partitions ?? []).flatMap(({ topic, partition }) => (topic === name ? [partition] : [])).toSorted();
    const sizes = () => members.map((app) => held(app, left).length).toSorted();
    await eventually(sizes, (each) => each.join() === '2,3', 'an even share');
    for (const app of members) expect(held(app, right)).toEqual(held(app, left));
  }, 60_000);
});

describe('a topic that grows', () => {
  test('stops a task with state, and says what to do', async () => {
    const input = await kafka.createTopic<Step>('in', 2);
    await kafka.createChangelog(2);
    const stateDir = await mkdtemp(join(tmpdir(), 'topic-grew-'));
    const stores = [{ name: 'sums', values: { name: 'sum' } }];
    const settings = { ...localSettings, kafka: { ...localSettings.kafka, metadataAgeMs: 1_000 } };
    const seen: number[] = [];
    const task = processing<Step>(({ value }) => void seen.push(value.n));
    const app = createApp([reading(input, () => task, { stores })], { stateDir, settings });
    await app.start();
    await kafka.append(input, [{ value: { n: 1 } }]);
    await eventually(
      () => seen.length,
      (length) => length === 1,
      'a record, so its state stands',
    );
    await kafka.grow(input, 3);
    await eventually(
      () => kafka.fatal,
      (errors) => errors.length > 0,
      'the stop',
    );
    expect(kafka.fatal).toEqual([
      expect.objectContaining({ code: 'TOPIC_GREW', message: expect.stringContaining('had 2 partitions and has 3') }),
    ]);
    expect(app.isLive()).toBe(false);
    await app.stop();
    await rm(stateDir, { recursive: true });
  });
});

describe('an offset that retention has cut off under a running member', () => {
  test('is left for the earliest record, counted and said, and never for the end', async () => {
    const input = await kafka.createTopic<Step>('in');
    const seen: number[] = [];
    const lines: object[] = [];
    let isDown = true;
    const task = processing<Step>(({ value }) => {
      if (isDown) throw failing('retry', 'DEPENDENCY_DOWN');
      seen.push(value.n);
    });
    const { metrics, counted } = createRecordingMetrics();
    const log = { ...silentLogger, error: (_message: string, fields: object = {}) => void lines.push(fields) };
    const app = createApp([reading(input, () => task)], { metrics, log });
    await app.start();
    await kafka.append(input, [{ value: { n: 0 } }]);
    await eventually(
      () => app.state().waitingFor,
      (codes) => codes.includes('DEPENDENCY_DOWN'),
      'the wait',
    );
    // The partition is paused: nothing of these is fetched before it is gone.
    await kafka.append(
      input,
      Array.from({ length: 9 }, (_, n) => ({ value: { n: n + 1 } })),
    );
    await kafka.deleteBefore(input, 0, 5n);
    isDown = false;
    await eventually(
      () => seen,
      (numbers) => numbers.includes(9),
      'the last record',
    );
    expect(seen).toEqual([0, 5, 6, 7, 8, 9]);
    expect(skippedIn(counted)).toEqual(['0 out-of-range 4']);
    expect(lines).toEqual([expect.objectContaining({ code: 'OFFSET_OUT_OF_RANGE', from: '1', to: '5' })]);
    expect(kafka.fatal).toEqual([]);
  }, 60_000);
});

describe('the lag', () => {
  test('counts what lies behind a partition that takes no more, as it grows', async () => {
    const input = await kafka.createTopic<Step>('in');
    let release = (): void => undefined;
    const held = new Promise<void>((resolve) => (release = resolve));
    const task = processing<Step>(() => held);
    const app = createApp([reading(input, () => task)]);
    await app.start();
    for (const expected of [1, 6]) {
      await kafka.append(
        input,
        Array.from({ length: expected === 1 ? 1 : 5 }, (_, n) => ({ value: { n } })),
      );
      await eventually(
        () => app.state().partitions[0]?.lag,
        (lag) => lag === expected,
        `a lag of ${expected}`,
      );
    }
    release();
    await eventually(
      () => app.state().partitions[0]?.lag,
      (lag) => lag === 0,
      'no lag',
    );
  });
});

describe('a producer', () => {
  test('puts every key where the function says', async () => {
    const topic = await kafka.createTopic<Step>('keys', 7);
    const settings = localSettings;
    const producer = createKafkaProducer({
      connection: connection(kafka),
      serde: jsonSerde,
      log: silentLogger,
      settings,
    });
    const keys = Array.from(
      { length: 200 },
      (_, n) => `${n % 2 === 0 ? 'Zürich-' : ''}${randomBytes(n % 40).toString('hex')}`,
    );
    await Promise.all(keys.map((key, n) => producer.send(topic, key, { n })));
    await producer.close();
    const records = await kafka.read(topic.name);
    const where = new Map(records.map(({ value, partition }) => [(JSON.parse(String(value)) as Step).n, partition]));
    expect(keys.map((_, n) => where.get(n))).toEqual(keys.map((key) => partitionOfKey(key, 7)));
  });
});

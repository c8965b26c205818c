import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { eventually } from '@porchlight/clock/testing';
import { silentLogger } from '../../log.ts';
import { noMetrics } from '../../metrics.ts';
import type { StreamApp, Topic } from '../../port.ts';
import {
  createAppToTest,
  jsonSerde,
  openRealKafka,
  type ClientToTest,
  type RealKafka,
} from '../../testing/real-kafka.ts';
import { processing, reading } from '../../testing/test-bed.ts';
import { localSettings } from '../kafkajs/kafkajs-settings.ts';
import type { MembershipOptions } from '../../create-stream-app.ts';

interface Step {
  n: number;
}

let kafka: RealKafka;
let input: Topic<Step>;
let seen: { n: number; by: string }[];
beforeEach(async () => {
  seen = [];
  kafka = await openRealKafka();
  input = await kafka.createTopic<Step>('in', 4);
});
afterEach(() => kafka.close());

interface Member {
  readonly app: StreamApp;
  readonly fatal: Error[];
  /** How often it was given an assignment. */
  rebalances: number;
  partitions(): number[];
}

/** A process of the group that says who it is with every record. */
function createMember(by: string, client: ClientToTest, membership: MembershipOptions = {}): Member {
  const fatal: Error[] = [];
  const member: Member = {
    fatal,
    rebalances: 0,
    partitions: () => app.state().partitions.map(({ partition }) => partition),
    get app() {
      return app;
    },
  };
  const app = createAppToTest(
    {
      connection: { brokers: kafka.brokers, clientId: by },
      groupId: kafka.groupId,
      definitions: [reading(input, () => processing(({ value: { n } }) => void seen.push({ n, by })))],
      serde: jsonSerde,
      log: silentLogger,
      settings: localSettings,
      metrics: { ...noMetrics, rebalanced: () => (member.rebalances += 1) },
      onFatal: (error) => void fatal.push(error),
      ...membership,
    },
    client,
  );
  return member;
}

const appendRound = (from: number): Promise<void> =>
  kafka.append(
    input,
    Array.from({ length: 8 }, (_, n) => ({ partition: n % 4, value: { n: from + n } })),
  );
const numbersSeen = (): number[] => seen.map(({ n }) => n).toSorted((a, b) => a - b);
const shares = (...members: Member[]) =>
  eventually(
    () => members.map((member) => member.partitions()),
    (held) => held.every((list) => list.length === 4 / members.length) && new Set(held.flat()).size === 4,
    'an even share for each',
    40_000,
  );

describe.each(['platformatic', 'platformatic-consumer'] as const)('a static member on %s', (client) => {
  test('that is restarted gets its partitions back, and nobody else notices', async () => {
    const stays = createMember('stays', client, { instanceId: 'stays' });
    const before = createMember('goes', client, { instanceId: 'goes' });
    await stays.app.start();
    await before.app.start();
    const [, held = []] = await shares(stays, before);
    const noticed = stays.rebalances;
    await before.app.stop();
    const after = createMember('comes back', client, { instanceId: 'goes' });
    await appendRound(0);
    await after.app.start();
    await eventually(
      () => after.partitions(),
      (partitions) => partitions.length > 0,
      'its partitions',
    );
    await eventually(numbersSeen, (numbers) => numbers.length === 8, 'every record');
    expect(after.partitions().toSorted()).toEqual(held.toSorted());
    expect(stays.rebalances).toBe(noticed);
    expect(numbersSeen()).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
    await Promise.all([stays.app.stop(), after.app.stop()]);
  }, 60_000);
});

test.each(['platformatic', 'platformatic-consumer'] as const)(
  'co-partitioned inputs on %s: the same numbers of both go to the same process',
  async (client) => {
    const other = await kafka.createTopic<Step>('other', 4);
    const definition = { ...reading(input, () => processing(() => undefined)), inputs: [input, other] };
    const apps = ['one', 'two'].map((clientId) =>
      createAppToTest(
        {
          connection: { brokers: kafka.brokers, clientId },
          groupId: kafka.groupId,
          definitions: [{ ...definition, coPartitioned: true }],
          serde: jsonSerde,
          log: silentLogger,
          settings: localSettings,
          onFatal: (error) => void kafka.fatal.push(error),
        },
        client,
      ),
    );
    await Promise.all(apps.map((app) => app.start()));
    const numbersOf = (app: StreamApp, topic: Topic<Step>): number[] =>
      app
        .state()
        .partitions.filter((at) => at.topic === topic.name)
        .map(({ partition }) => partition)
        .toSorted();
    const held = await eventually(
      () => apps.map((app) => [numbersOf(app, input), numbersOf(app, other)]),
      (each) => each.every(([left, right]) => left?.length === 2 && right?.length === 2),
      'two partitions of each for each',
      40_000,
    );
    for (const [left, right] of held) expect(left).toEqual(right);
    expect(kafka.fatal).toEqual([]);
    await Promise.all(apps.map((app) => app.stop()));
  },
  60_000,
);

test('a member without a name that is restarted makes the others give up theirs: the control of the above', async () => {
  const stays = createMember('stays', 'platformatic');
  const before = createMember('goes', 'platformatic');
  await stays.app.start();
  await before.app.start();
  await shares(stays, before);
  const noticed = stays.rebalances;
  await before.app.stop();
  await shares(stays);
  expect(stays.rebalances).toBeGreaterThan(noticed);
  await stays.app.stop();
}, 60_000);

test('a second process with the same name takes the place, and the first one stops', async () => {
  const first = createMember('first', 'platformatic', { instanceId: 'same' });
  await first.app.start();
  const second = createMember('second', 'platformatic', { instanceId: 'same' });
  await second.app.start();
  await shares(second);
  await eventually(
    () => first.fatal,
    (errors) => errors.length > 0,
    'the end of the first',
  );
  expect(first.fatal.map(({ message }) => message)).toEqual([expect.stringContaining('FENCED_INSTANCE_ID')]);
  expect([first.app.isLive(), second.app.isLive(), second.fatal]).toEqual([false, true, []]);
  await Promise.all([first.app.stop(), second.app.stop()]);
}, 60_000);

test('processes on either client share a group, so a fleet can be rolled from one to the other', async () => {
  const old = createMember('old', 'kafkajs');
  await old.app.start();
  await appendRound(0);
  await eventually(numbersSeen, (numbers) => numbers.length === 8, 'the first round');
  const young = createMember('young', 'platformatic');
  await young.app.start();
  await shares(old, young);
  await appendRound(8);
  await eventually(numbersSeen, (numbers) => numbers.length >= 16, 'the second round');
  expect(new Set(seen.slice(8).map(({ by }) => by))).toEqual(new Set(['old', 'young']));
  await old.app.stop();
  await shares(young);
  await appendRound(16);
  await eventually(numbersSeen, (numbers) => numbers.length >= 24, 'the third round');
  expect(numbersSeen()).toEqual(Array.from({ length: 24 }, (_, n) => n));
  expect([old.fatal, young.fatal]).toEqual([[], []]);
  await young.app.stop();
}, 60_000);

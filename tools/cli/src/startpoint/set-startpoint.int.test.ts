import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { KafkaFixture, refusal } from '../testing/kafka-fixture.ts';
import { runCommand } from '../testing/run-command.ts';
import type { Startpoint } from './plan-startpoint.ts';
import { setStartpoint, startpointPlan, type StartpointRequest } from './set-startpoint.ts';

const kafka = new KafkaFixture();
const HOUR_MS = 3_600_000;
const NOW = Date.now();
const environment = { KAFKA_BROKERS: kafka.brokers.join(',') };

beforeAll(() => kafka.open());
afterAll(() => kafka.close());

const plan = (group: string, startpoint: Startpoint, rest: Partial<StartpointRequest> = {}) =>
  kafka.use((ports) => startpointPlan(ports, { group, startpoint, ...rest }));

const move = async (group: string, startpoint: Startpoint, rest: Partial<StartpointRequest> = {}) => {
  const planned = await plan(group, startpoint, rest);
  await kafka.use((ports) => setStartpoint(ports, planned));
  return planned.moves.map(({ partition, from, to, skipped, repeated }) => [partition, from, to, skipped, repeated]);
};

const committed = async (group: string) =>
  (await kafka.use(({ groups }) => groups.committedOf(group))).map(({ offset }) => offset);

/** Two partitions: four records, an hour apart, and two; the group stands at 2 and 1. */
const standing = async () => {
  const topic = await kafka.topic(2);
  const group = kafka.group();
  const made = (partition: number, hoursAgo: number) => ({
    partition,
    value: 'x',
    timestamp: String(NOW - hoursAgo * HOUR_MS),
  });
  await kafka.send(topic, [made(0, 4), made(0, 3), made(0, 2), made(0, 1), made(1, 2), made(1, 1)]);
  await kafka.stand(group, topic, [2, 1]);
  return { topic, group };
};

test('latest skips what is unread, and says how much', async () => {
  const { group } = await standing();
  expect(await move(group, { kind: 'latest' })).toEqual([
    [0, 2, 4, 2, 0],
    [1, 1, 2, 1, 0],
  ]);
  expect(await committed(group)).toEqual([4, 2]);
});

test('earliest repeats what was read', async () => {
  const { group } = await standing();
  expect(await move(group, { kind: 'earliest' })).toEqual([
    [0, 2, 0, 0, 2],
    [1, 1, 0, 0, 1],
  ]);
  expect(await committed(group)).toEqual([0, 0]);
});

test('a time goes to the first record that is not older, in each partition', async () => {
  const { group } = await standing();
  await move(group, { kind: 'time', at: NOW - 1.5 * HOUR_MS });
  expect(await committed(group)).toEqual([3, 1]);
});

test('offsets move the partitions that they name, and no other', async () => {
  const { group } = await standing();
  await move(group, { kind: 'offsets', offsets: new Map([[0, 1]]) });
  expect(await committed(group)).toEqual([1, 1]);
});

test('a group before its first start can be given one, if its topic is named', async () => {
  const topic = await kafka.topic();
  await kafka.send(topic, [{ value: 'x' }, { value: 'y' }]);
  const group = kafka.group();
  expect(await move(group, { kind: 'latest' }, { topics: [topic] })).toEqual([[0, null, 2, 2, 0]]);
  expect(await committed(group)).toEqual([2]);
});

describe('is refused, and nothing is changed', () => {
  test('while somebody is in the group, with who', async () => {
    const { group, topic } = await standing();
    const member = await kafka.join(group, topic);
    const error = await refusal(plan(group, { kind: 'latest' }));
    expect(error.code).toBe('GROUP_ACTIVE');
    expect(error.message).toContain('cli-tests at ');
    expect(error.message).toContain('stop the app first');
    await member.disconnect();
    expect(await committed(group)).toEqual([2, 1]);
  });

  test('when somebody joins between the plan and the deed: the broker looks again', async () => {
    const { group, topic } = await standing();
    const planned = await plan(group, { kind: 'latest' });
    const member = await kafka.join(group, topic);
    const error = await refusal(kafka.use((ports) => setStartpoint(ports, planned)));
    expect(error.code).toBe('GROUP_ACTIVE');
    await member.disconnect();
    expect(await committed(group)).toEqual([2, 1]);
  });

  test('where a visibility record would be skipped; going back is allowed', async () => {
    const { group, topic } = await standing();
    const mustReadAll = (named: string, read: string) => named === group && read === topic;
    const error = await refusal(plan(group, { kind: 'latest' }, { mustReadAll }));
    expect(error.code).toBe('STARTPOINT_HIDES_CHANGE');
    expect(error.message).toContain(`${topic} 0: 2 -> 4 would skip 2`);
    await move(group, { kind: 'earliest' }, { mustReadAll });
    expect(await committed(group)).toEqual([0, 0]);
  });

  test('for an offset that the partition does not hold, with what it holds', async () => {
    const { group, topic } = await standing();
    const error = await refusal(plan(group, { kind: 'offsets', offsets: new Map([[0, 9]]) }));
    expect(error.code).toBe('STARTPOINT_INVALID');
    expect(error.message).toContain(`0=9 lies outside ${topic}: partition 0 holds 0 to 4`);
  });

  test('for a time that is yet to come', async () => {
    const { group } = await standing();
    expect((await refusal(plan(group, { kind: 'time', at: Date.now() + HOUR_MS }))).code).toBe('STARTPOINT_INVALID');
  });

  test('for a group that has read nothing and names no topic', async () => {
    expect((await refusal(plan(kafka.group(), { kind: 'latest' }))).code).toBe('GROUP_UNKNOWN');
  });
});

/** Offsets as an app of ours commits them: with its note. */
const commitWithNote = (group: string, topic: string, offsets: readonly number[]) =>
  kafka.use(async ({ client }) => {
    const coordinator = await client.cluster.findGroupCoordinator({ groupId: group });
    const partitions = offsets.map((offset, partition) => ({
      partition,
      offset: String(offset),
      metadata: 'porchlight',
    }));
    await coordinator.offsetCommit({
      groupId: group,
      groupGenerationId: -1,
      memberId: '',
      topics: [{ topic, partitions }],
    });
  });

const notesOf = (group: string) =>
  kafka.use(async ({ client }) => {
    const [found] = await client.admin.fetchOffsets({ groupId: group });
    return (found?.partitions ?? []).toSorted((a, b) => a.partition - b.partition).map(({ metadata }) => metadata);
  });

describe('an offset that is committed already', () => {
  test('is written again for a group with state, which would take it for its own after a crash', async () => {
    const { topic, group } = await standing();
    await kafka.topic(2, { name: `${group}.changelog` });
    await commitWithNote(group, topic, [2, 1]);
    await move(group, { kind: 'offsets', offsets: new Map([[0, 2]]) });
    expect([await committed(group), await notesOf(group)]).toEqual([
      [2, 1],
      [null, 'porchlight'],
    ]);
  });

  test('is left as it is for a group without, since when it reads is in its note', async () => {
    const { topic, group } = await standing();
    await commitWithNote(group, topic, [2, 1]);
    await move(group, { kind: 'offsets', offsets: new Map([[0, 2]]) });
    expect(await notesOf(group)).toEqual(['porchlight', 'porchlight']);
  });
});

describe('the command', () => {
  test('shows the table and changes nothing in a dry run', async () => {
    const { group } = await standing();
    const { code, out } = await runCommand(['startpoint', 'set', group, '--to', 'latest', '--dry-run'], environment);
    expect(code).toBe(0);
    expect(out).toContain(`${group}: 3 records would be skipped, 0 records read again`);
    expect(out).toContain('dry run: nothing was changed');
    expect(await committed(group)).toEqual([2, 1]);
  });

  test('without a terminal it refuses to go on by itself, and does with --yes', async () => {
    const { group } = await standing();
    const refused = await runCommand(['startpoint', 'set', group, '--to', '0=1'], environment);
    expect({ code: refused.code, error: refused.error.split(':')[0] }).toEqual({ code: 1, error: 'NEEDS_YES' });
    expect(await committed(group)).toEqual([2, 1]);
    const done = await runCommand(['startpoint', 'set', group, '--to', '0=1', '--yes', '--json'], environment);
    expect(JSON.parse(done.out)).toMatchObject({
      group,
      done: true,
      moves: [{ partition: 0, from: 2, to: 1, skipped: 0, repeated: 1 }],
    });
    expect(await committed(group)).toEqual([1, 1]);
  });

  test('says how a startpoint is written', async () => {
    const { code, error } = await runCommand(['startpoint', 'set', 'x', '--to', 'yesterday'], environment);
    expect(code).toBe(1);
    expect(error).toContain('2026-11-23T09:30:00Z');
  });
});

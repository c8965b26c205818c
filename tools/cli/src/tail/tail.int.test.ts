import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import {
  createSchemaRegistry,
  createSerde,
  renamedTopic,
  schemas,
  topics,
  type EstimateUpdated,
} from '@porchlight/contracts';
import { createDecoder } from '../records/decoder.ts';
import { ownName, serverAddress } from '../testing/dev-servers.ts';
import { KafkaFixture, refusal } from '../testing/kafka-fixture.ts';
import { runCommand } from '../testing/run-command.ts';
import { parseGrep, type ShownRecord } from './tail-record.ts';
import { tailTopic, type TailRequest } from './tail-topic.ts';

const kafka = new KafkaFixture();
const registryUrl = serverAddress('SCHEMA_REGISTRY_URL');
const registry = createSchemaRegistry({ url: registryUrl });
const serde = createSerde({ registry });
const estimates = renamedTopic(topics.estimateUpdated, ownName('estimate.updated'));
const environment = { KAFKA_BROKERS: kafka.brokers.join(','), SCHEMA_REGISTRY_URL: registryUrl };
const bin = fileURLToPath(new URL('../../bin/porchlight.mjs', import.meta.url));
const HOUR_MS = 3_600_000;
const NOW = Date.now();

beforeAll(async () => {
  await kafka.open();
  await registry.register(`${estimates.name}-value`, schemas[topics.estimateUpdated.name] ?? {}, 'FULL_TRANSITIVE');
  await serde.prepare([estimates]);
});

afterAll(async () => {
  await kafka.close();
  await fetch(`${registryUrl}/subjects/${estimates.name}-value`, { method: 'DELETE' });
});

const estimate = (version: number): EstimateUpdated => ({
  propertyId: `home-${version % 2}`,
  estimateVersion: version,
  estimate: { valueUsd: 654_000 + version, lowUsd: 600_000 + version, highUsd: 700_000 + version, computedAt: 1 },
});

/** Six estimates, an hour apart, in turn in two partitions: versions 0 to 5. */
async function withEstimates(): Promise<string> {
  const topic = await kafka.topic(2);
  const messages = [0, 1, 2, 3, 4, 5].map((version) => ({
    partition: version % 2,
    key: `home-${version % 2}`,
    value: serde.encode(estimates, estimate(version)),
    timestamp: String(NOW - (6 - version) * HOUR_MS),
  }));
  await kafka.send(topic, messages);
  return topic;
}

async function tail(topic: string, request: Partial<TailRequest> = {}): Promise<ShownRecord[]> {
  const shown: ShownRecord[] = [];
  const given = {
    topic,
    start: { kind: 'earliest' },
    conditions: [],
    follow: false,
    reveal: false,
    ...request,
  } as const;
  await kafka.use(({ reader }) =>
    tailTopic({ reader, decoder: createDecoder(registry), signal: new AbortController().signal }, given, (record) =>
      shown.push(record),
    ),
  );
  return shown;
}

const versionsOf = (records: readonly ShownRecord[]) =>
  records.map(({ value }) => (value as { estimateVersion: number }).estimateVersion).toSorted((a, b) => a - b);

test('shows records decoded by the schema that wrote them, and no price', async () => {
  const [first] = await tail(await withEstimates(), { limit: 1, partitions: [0] });
  expect(first).toMatchObject({
    partition: 0,
    offset: 0,
    timestamp: NOW - 6 * HOUR_MS,
    key: 'home-0',
    value: {
      propertyId: 'home-0',
      estimateVersion: 0,
      estimate: { valueUsd: '(hidden)', lowUsd: '(hidden)', highUsd: '(hidden)', computedAt: 1 },
    },
  });
});

describe('begins', () => {
  test.each<[string, Partial<TailRequest>, number[]]>([
    ['with the oldest', { start: { kind: 'earliest' } }, [0, 1, 2, 3, 4, 5]],
    ['at the end: nothing is there yet', { start: { kind: 'latest', back: 0 } }, []],
    ['a few of each partition before the end', { start: { kind: 'latest', back: 1 } }, [4, 5]],
    ['further back than there is', { start: { kind: 'latest', back: 99 } }, [0, 1, 2, 3, 4, 5]],
    ['at a time', { start: { kind: 'time', at: NOW - 3.5 * HOUR_MS } }, [3, 4, 5]],
    ['at offsets, of the partitions that are named', { start: { kind: 'offsets', offsets: new Map([[1, 2]]) } }, [5]],
  ])('%s', async (_, request, versions) => {
    expect(versionsOf(await tail(await withEstimates(), request))).toEqual(versions);
  });
});

describe('finds', () => {
  test.each<[string, Partial<TailRequest>, number[]]>([
    ['a key', { key: 'home-1' }, [1, 3, 5]],
    ['a partition', { partitions: [0] }, [0, 2, 4]],
    ['a decoded field', { conditions: [parseGrep('estimateVersion=3')] }, [3]],
    ['two of them', { conditions: [parseGrep('propertyId=home-0'), parseGrep('estimateVersion=3')] }, []],
    ['any text', { conditions: [parseGrep('home-1')] }, [1, 3, 5]],
    [
      'no price, because who may not see it may not search for it',
      { conditions: [parseGrep('estimate.valueUsd=654003')] },
      [],
    ],
  ])('%s', async (_, request, versions) => {
    expect(versionsOf(await tail(await withEstimates(), request))).toEqual(versions);
  });
});

test('a record that nobody can decode has a code and no bytes; a tombstone is null', async () => {
  const topic = await kafka.topic();
  await kafka.send(topic, [{ value: 'price 654321' }, { key: 'gone', value: null }]);
  const shown = await tail(topic);
  expect(shown.map(({ undecodable, value }) => undecodable ?? value)).toEqual(['NOT_AVRO', null]);
  expect(JSON.stringify(shown)).not.toContain('654321');
});

test('a transaction that was taken back is not shown', async () => {
  const topic = await kafka.topic();
  const producer = kafka.kafka.producer({ transactionalId: ownName('tx'), maxInFlightRequests: 1, idempotent: true });
  await producer.connect();
  for (const end of ['abort', 'commit'] as const) {
    const transaction = await producer.transaction();
    await transaction.send({ topic, messages: [{ key: end, value: serde.encode(estimates, estimate(1)) }] });
    await transaction[end]();
  }
  await producer.disconnect();
  expect((await tail(topic)).map(({ key }) => key)).toEqual(['commit']);
});

test.each<[string, Partial<TailRequest>]>([
  ['a topic', {}],
  ['a partition', { partitions: [9] }],
])('%s that is not there is refused', async (what, request) => {
  const topic = what === 'a topic' ? ownName('nowhere') : await kafka.topic();
  expect((await refusal(tail(topic, request))).code).toBe('TOPIC_UNKNOWN');
});

describe('the command', () => {
  test('follows, one JSON object a line, and ends in order when it is interrupted', async () => {
    const topic = await withEstimates();
    const args = [bin, 'topics', 'tail', topic, '--from', 'latest-1', '--partition', '1', '--json'];
    const command = spawn(process.execPath, args, {
      env: { PATH: process.env['PATH'], ...environment },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const lines: string[] = [];
    const output = createInterface({ input: command.stdout }).on('line', (line) => lines.push(line));
    let error = '';
    command.stderr.on('data', (bytes: Buffer) => (error += bytes.toString()));
    await once(output, 'line');
    await kafka.send(topic, [{ partition: 1, key: 'home-1', value: serde.encode(estimates, estimate(7)) }]);
    await once(output, 'line');
    command.kill('SIGINT');
    const [code] = (await once(command, 'exit')) as [number];
    expect({ code, error }).toEqual({ code: 0, error: '' });
    expect(versionsOf(lines.map((line) => JSON.parse(line) as ShownRecord))).toEqual([5, 7]);
  });

  test('prints a line for each record, and no price into a pipe', async () => {
    const topic = await withEstimates();
    const { out } = await runCommand(
      ['topics', 'tail', topic, '--from', 'earliest', '--no-follow', '--limit', '2'],
      environment,
    );
    expect(out.trim().split('\n')).toHaveLength(2);
    expect(out).toContain('0:0 home-0 {"propertyId":"home-0","estimateVersion":0,"estimate":{"valueUsd":"(hidden)"');
    const refused = await runCommand(['topics', 'tail', topic, '--reveal'], environment);
    expect({ code: refused.code, error: refused.error.split(':')[0] }).toEqual({
      code: 1,
      error: 'REVEAL_NEEDS_TERMINAL',
    });
  });

  test('a registry that is away ends it with its code and exit 69', async () => {
    const topic = await withEstimates();
    const args = ['topics', 'tail', topic, '--from', 'earliest', '--no-follow', '--registry', 'http://127.0.0.1:9'];
    const { code, error } = await runCommand(args, environment);
    expect({ code, error: error.split(':')[0] }).toEqual({ code: 69, error: 'REGISTRY_UNREACHABLE' });
  });
});

import { mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { Redis } from 'ioredis';
import kafkajs from 'kafkajs';
import pg from 'pg';
import { quietKafkajs } from './probe/quiet-kafkajs.adapter.ts';
import { stackStatus, startStack, stopStack, type Stack } from './stack.ts';

quietKafkajs();

/** An instance of its own: its data under the system's temporary folder (private to its owner), its own ports. */
const START_MS = 240_000;
const instance = 'stack-test';
let dataDir: string;
let stack: Stack;

/** Without the addresses that `npm test` gives, or this would test nothing. */
const {
  KAFKA_BROKERS: _brokers,
  SCHEMA_REGISTRY_URL: _registry,
  REDIS_URL: _redis,
  DATABASE_URL: _database,
  ...others
} = process.env;
const environment = { ...others, PORCHLIGHT_CONTAINERS: 'off' };
const start = () => startStack({ instance, dataDir, environment });

const avro = JSON.stringify({ type: 'record', name: 'Lamp', fields: [{ name: 'lit', type: 'boolean' }] });

async function withKafka<T>(work: (admin: kafkajs.Admin, kafka: kafkajs.Kafka) => Promise<T>): Promise<T> {
  const kafka = new kafkajs.Kafka({ brokers: stack.kafkaBrokers.split(','), logLevel: kafkajs.logLevel.NOTHING });
  const admin = kafka.admin();
  await admin.connect();
  try {
    return await work(admin, kafka);
  } finally {
    await admin.disconnect();
  }
}

async function sql(text: string): Promise<unknown[]> {
  const client = new pg.Client({ connectionString: stack.databaseUrl });
  await client.connect();
  try {
    return (await client.query<Record<string, unknown>>(text)).rows;
  } finally {
    await client.end();
  }
}

async function redis<T>(work: (client: Redis) => Promise<T>): Promise<T> {
  const client = new Redis(stack.redisUrl);
  try {
    return await work(client);
  } finally {
    client.disconnect();
  }
}

async function schemaId(): Promise<unknown> {
  const answer = await fetch(`${stack.schemaRegistryUrl}/subjects/lamp-value/versions`, {
    method: 'POST',
    headers: { 'content-type': 'application/vnd.schemaregistry.v1+json' },
    body: JSON.stringify({ schema: avro }),
  });
  return ((await answer.json()) as { id: unknown }).id;
}

const writeAll = async () => {
  await withKafka(async (admin, kafka) => {
    await admin.createTopics({ topics: [{ topic: 'lamps', numPartitions: 3 }], waitForLeaders: true });
    const producer = kafka.producer();
    await producer.connect();
    await producer.send({ topic: 'lamps', acks: -1, messages: [{ key: 'porch', value: 'lit', partition: 1 }] });
    await producer.disconnect();
  });
  await sql('create table lamp (name text primary key)');
  await sql("insert into lamp values ('porch')");
  await redis(async (client) => {
    // The append-only file is synced once a second; this test is about what was synced.
    await client.config('SET', 'appendfsync', 'always');
    await client.set('lamp', 'lit');
  });
  return schemaId();
};

const readAll = async () => ({
  partitionEnds: await withKafka((admin) => admin.fetchTopicOffsets('lamps')).then((ends) =>
    ends.sort((a, b) => a.partition - b.partition).map(({ high }) => high),
  ),
  rows: await sql('select name from lamp'),
  key: await redis((client) => client.get('lamp')),
  schemaId: await schemaId(),
});

const kept = (id: unknown) => ({ partitionEnds: ['0', '1', '0'], rows: [{ name: 'porch' }], key: 'lit', schemaId: id });
const addressesOf = ({ kafkaBrokers, schemaRegistryUrl, redisUrl, databaseUrl }: Stack) => ({
  kafkaBrokers,
  schemaRegistryUrl,
  redisUrl,
  databaseUrl,
});
const pids = async () =>
  (await stackStatus({ instance, dataDir })).flatMap(({ pid }) => (pid === undefined ? [] : [pid]));

let writtenId: unknown;
beforeAll(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'porchlight-stack-'));
  stack = await start();
  writtenId = await writeAll();
}, START_MS);
afterAll(async () => {
  await stopStack({ instance, dataDir });
  await rm(dataDir, { recursive: true, force: true });
}, 30_000);

test('all four run as processes on the loopback, and their addresses are what an app needs', () => {
  expect(stack.choices.map(({ service, source }) => [service, source])).toEqual([
    ['kafka', 'process'],
    ['registry', 'process'],
    ['redis', 'process'],
    ['postgres', 'process'],
  ]);
  expect(stack.environment).toEqual({
    KAFKA_BROKERS: stack.kafkaBrokers,
    SCHEMA_REGISTRY_URL: stack.schemaRegistryUrl,
    REDIS_URL: stack.redisUrl,
    DATABASE_URL: stack.databaseUrl,
  });
  expect(Object.values(stack.environment).every((address) => address.includes('127.0.0.1'))).toBe(true);
});

test('the password is private to its owner and stands in nothing that is printed', async () => {
  const file = join(dataDir, 'postgres', 'password');
  const password = await readFile(file, 'utf8');
  expect((await stat(file)).mode & 0o077).toBe(0);
  expect(stack.databaseUrl).toContain(password);
  expect(JSON.stringify(stack.choices)).not.toContain(password);
});

test('the cache evicts only what has a TTL, appends, and takes no snapshots', async () => {
  const settings = await redis((client) => client.config('GET', 'maxmemory-policy', 'appendonly', 'save'));
  expect(settings).toEqual(
    expect.arrayContaining(['maxmemory-policy', 'volatile-lru', 'appendonly', 'yes', 'save', '']),
  );
});

test(
  'a second start finds the servers of the first running and uses them',
  async () => {
    const before = await pids();
    const second = await start();
    expect(await pids()).toEqual(before);
    expect(addressesOf(second)).toEqual(addressesOf(stack));
  },
  START_MS,
);

test(
  'after stop and start everything is there, at the same addresses',
  async () => {
    const before = addressesOf(stack);
    await stack.stop();
    expect(await pids()).toEqual([]);
    stack = await start();
    expect(addressesOf(stack)).toEqual(before);
    expect(await readAll()).toEqual(kept(writtenId));
  },
  START_MS,
);

test(
  'after SIGKILL of every server they start again with what was written',
  async () => {
    for (const pid of await pids()) process.kill(pid, 'SIGKILL');
    stack = await start();
    expect(await readAll()).toEqual(kept(writtenId));
  },
  START_MS,
);

test.each([[{}], [{ fresh: true }]])(
  'a start %j with a wrong address fails, and costs nobody a server or data',
  async (options) => {
    const before = await pids();
    const wrong = { ...environment, REDIS_URL: 'redis://127.0.0.1:9' };
    const starting = startStack({ instance, dataDir, ...options, environment: wrong });
    await expect(starting).rejects.toMatchObject({ code: 'ADDRESS_UNREACHABLE' });
    expect(await pids()).toEqual(before);
    expect(await readAll()).toEqual(kept(writtenId));
  },
  START_MS,
);

async function calledOffWhenRedisIsReady(): Promise<void> {
  const abort = new AbortController();
  const starting = startStack({
    instance,
    dataDir,
    environment,
    signal: abort.signal,
    onProgress: ({ service, phase }) => {
      if (service === 'redis' && phase === 'ready') abort.abort(new Error('called off'));
    },
  });
  await expect(starting).rejects.toThrow();
}

test(
  'a start that is called off stops what it had started, and nothing that it found running',
  async () => {
    const redisPid = (await stackStatus({ instance, dataDir })).find(({ service }) => service === 'redis')?.pid;
    if (redisPid === undefined) throw new Error('Redis does not run'); // a pid of 0 would be this very process group
    const others = (await pids()).filter((pid) => pid !== redisPid);
    process.kill(redisPid, 'SIGKILL');
    await calledOffWhenRedisIsReady();
    expect(await pids()).toEqual(others);
    await stack.stop();
    await calledOffWhenRedisIsReady();
    expect(await pids()).toEqual([]);
  },
  START_MS,
);

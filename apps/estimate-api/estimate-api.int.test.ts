import { randomBytes } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { Level } from '@porchlight/contracts';
import { connectEstimateCache, type EstimateCacheConnection } from '@porchlight/estimate-cache';
import { connectCatalogWriter, type CatalogWriter } from '@porchlight/property-catalog';
import { createTestDatabase, type TestDatabase } from '@porchlight/property-catalog/testing';
import { loadConfig, systemClock, type Config } from '@porchlight/service';
import { createTelemetry, type Telemetry } from '@porchlight/telemetry';
import { exportJWK, generateKeyPair, SignJWT } from 'jose';
import { config } from './config.ts';
import { eventually } from './testing/eventually.ts';
import { startSocketUpstream, type SocketUpstream } from './testing/upstream-on-a-socket.ts';
import { startApi } from './wiring.ts';

/** estimate-api as it runs, on a real Redis and a real PostgreSQL, called over HTTP. Kafka and the registry are not there. */

const needed = (name: string): string => {
  const value = process.env[name];
  if (value === undefined) throw new Error(`${name} is not set: this test needs it`);
  return value;
};
const PREFIX = `t${randomBytes(6).toString('hex')}`;
const id = (name: string): string => `${PREFIX}-${name}`;
/** Each test file has a corner of the map of its own. */
const PLACE = { latitude: 47.6, longitude: -122.3 };

type Api = Awaited<ReturnType<typeof startApi>>;

let database: TestDatabase;
let writer: CatalogWriter & { close(): Promise<void> };
let redis: EstimateCacheConnection;
let upstream: SocketUpstream;
let telemetry: Telemetry;
let api: Api;
/** Another process on the same servers, for a test that needs one of its own. */
let startAnother: (clock: typeof systemClock, changes?: Partial<Config<typeof config>>) => Promise<Api>;
let folder: string;
let bearers: Record<'registered' | 'agent', string>;
const stopping = new AbortController();

beforeAll(async () => {
  database = await createTestDatabase(process.env.DATABASE_URL);
  writer = connectCatalogWriter({ databaseUrl: database.databaseUrl });
  upstream = await startSocketUpstream();
  folder = await mkdtemp(join(tmpdir(), 'estimate-api-'));
  const { publicKey, privateKey } = await generateKeyPair('ES256');
  await writeFile(
    join(folder, 'jwks.json'),
    JSON.stringify({ keys: [{ ...(await exportJWK(publicKey)), alg: 'ES256' }] }),
  );
  const bearerOf = async (role: string): Promise<string> => {
    const token = new SignJWT({ role, sub: `${PREFIX}-${role}` })
      .setProtectedHeader({ alg: 'ES256' })
      .setIssuer('test')
      .setAudience('api');
    return `Bearer ${await token.setExpirationTime('10m').sign(privateKey)}`;
  };
  bearers = { registered: await bearerOf('registered'), agent: await bearerOf('agent') };
  const values = loadConfig(config, {
    HTTP_HOST: '127.0.0.1',
    HTTP_PORT: '0',
    SESSION_HMAC_KEY: 'a key of this test alone',
    JWT_ISSUER: 'test',
    JWT_AUDIENCE: 'api',
    JWKS_PATH: join(folder, 'jwks.json'),
    KAFKA_BROKERS: '127.0.0.1:1',
    SCHEMA_REGISTRY_URL: 'http://127.0.0.1:1',
    REDIS_URL: needed('REDIS_URL'),
    DATABASE_URL: database.databaseUrl,
    UPSTREAM_URL: upstream.url,
    UPSTREAM_API_KEY: 'key',
    RULE_POLL_MS: '50',
    RATE_ADDRESS_UNITS: '1000000', // everything here comes from one address
    OVERLOAD_WAIT_MS: '0', // the machine is shared with the servers and the tests
    FEED_STALE_MS: '2000', // no feed here: hits are checked, and a looser rule counts from then on
  });
  telemetry = createTelemetry({ app: 'estimate-api', logLevel: 'silent' });
  redis = await connectEstimateCache({ url: values.REDIS_URL });
  startAnother = (clock, changes = {}) =>
    startApi({
      config: { ...values, ...changes },
      telemetry,
      clock,
      signal: stopping.signal,
      waitFor: async (_dependency, _forWhat, probe) => await probe(stopping.signal),
    });
  api = await startAnother(systemClock);
});

afterAll(async () => {
  stopping.abort();
  await api.stop();
  await Promise.all([telemetry.stop(), redis.close(), writer.close(), upstream.close()]);
  await Promise.all([database.drop(), rm(folder, { recursive: true })]);
});

async function addHome(name: string, fields: { mlsId?: string; overrideLevel?: Exclude<Level, 'unknown'> } = {}) {
  const home = {
    propertyId: id(name),
    ...PLACE,
    status: 'active',
    mlsId: null,
    overrideLevel: null,
    ...fields,
  } as const;
  await writer.loadProperties([[home]]);
  upstream.estimates.set(id(name), {
    estimateVersion: 1,
    valueUsd: 700_000,
    lowUsd: 650_000,
    highUsd: 750_000,
    computedAt: 1_700_000_000_000,
  });
}

const call = async (path: string, options: { role?: keyof typeof bearers; body?: object } = {}) => {
  const { role, body } = options;
  const response = await fetch(`http://127.0.0.1:${api.port}${path}`, {
    headers: {
      ...(role === undefined ? {} : { authorization: bearers[role] }),
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    },
    ...(body === undefined ? {} : { method: 'POST', body: JSON.stringify(body) }),
  });
  return { status: response.status, text: await response.text() };
};
const textOf = async (name: string, role?: keyof typeof bearers): Promise<string> =>
  (await call(`/v1/estimates/${id(name)}`, role === undefined ? {} : { role })).text;

const ESTIMATE = '{"valueUsd":700000,"lowUsd":650000,"highUsd":750000,"computedAt":1700000000000}';
const available = (name: string) => `{"propertyId":"${id(name)}","status":"available","estimate":${ESTIMATE}}`;
const restricted = (name: string, role: string) =>
  `{"propertyId":"${id(name)}","status":"restricted","requiredRole":"${role}"}`;

/** Asks until the answer is this one. */
const until = (answer: () => Promise<string>, expected: string): Promise<void> =>
  eventually(expected, async () => (await answer()) === expected);

test('a miss is fetched and filled, the next answer is the same bytes without a call', async () => {
  await addHome('a');
  expect(await textOf('a')).toBe(available('a'));
  expect(await textOf('a')).toBe(available('a'));
  expect(upstream.calls.filter((ids) => ids.includes(id('a')))).toEqual([[id('a')]]);
  const [stored] = await redis.cache.read([id('a')]);
  expect([stored?.class, stored?.estimateJson?.toString()]).toEqual(['s', ESTIMATE]);
});

test('single, batch and map give the same bytes for one home', async () => {
  const { text } = await call('/v1/estimates:batchGet', { body: { propertyIds: [id('a')] } });
  expect(text).toBe(`{"results":[${available('a')}],"pending":0}`);
  const map = await call('/v1/map/estimates?west=-122.31&south=47.59&east=-122.29&north=47.61&zoom=16');
  expect(map.text).toBe(
    `{"homes":[{"latitude":47.6,"longitude":-122.3,"result":${available('a')}}],"truncated":false,"pending":0}`,
  );
});

test('a seller hides a home: after INVALIDATE no role that is too low sees it, and nobody pays for them', async () => {
  await addHome('b');
  expect(await textOf('b')).toBe(available('b'));
  await writer.setOverride(id('b'), 'agent');
  const [row] = await database.query<{ visibility_version: string }>(
    'SELECT visibility_version FROM porchlight.property WHERE property_id = $1',
    [id('b')],
  );
  await redis.cache.invalidate([{ propertyId: id('b'), visibilityVersion: Number(row?.visibility_version) }]);
  expect(await textOf('b', 'registered')).toBe(restricted('b', 'agent'));
  expect(upstream.calls.filter((ids) => ids.includes(id('b')))).toHaveLength(1);
  expect(await textOf('b', 'agent')).toBe(available('b'));
});

test('an MLS rule that turns stricter is in force without an invalidation, and the value comes back when it is lifted', async () => {
  const rule = { mlsId: `${PREFIX}-mls`, activeLevel: 'unregistered', offMarketLevel: 'unregistered' } as const;
  await writer.setRule(rule);
  await addHome('c', { mlsId: rule.mlsId });
  await until(() => textOf('c'), available('c'));
  await writer.setRule({ ...rule, activeLevel: 'agent' });
  await until(() => textOf('c'), restricted('c', 'agent'));
  expect(await textOf('c', 'agent')).toBe(available('c'));
  await writer.setRule(rule);
  await until(() => textOf('c'), available('c'));
  expect(upstream.calls.filter((ids) => ids.includes(id('c')))).toHaveLength(1);
});

test('a rule that turns stricter is in force while misses of strangers hold every connection to the database', async () => {
  const rule = { mlsId: `${PREFIX}-mls-2`, activeLevel: 'unregistered', offMarketLevel: 'unregistered' } as const;
  await writer.setRule(rule);
  await addHome('e', { mlsId: rule.mlsId });
  await until(() => textOf('e'), available('e'));
  const holder = await database.session();
  await holder.query('BEGIN');
  await holder.query('LOCK TABLE porchlight.property IN ACCESS EXCLUSIVE MODE');
  let asked = 0;
  let isOver = false;
  const askOnAndOn = async (): Promise<void> => {
    while (!isOver) await call(`/v1/estimates/${id(`stranger-${(asked += 1)}`)}?deadlineMs=50`);
  };
  const strangers = Promise.all(Array.from({ length: 20 }, askOnAndOn));
  try {
    while (asked < 200) await call('/livez'); // more than connections and the places before them
    await writer.setRule({ ...rule, activeLevel: 'agent' });
    await until(() => textOf('e'), restricted('e', 'agent'));
  } finally {
    isOver = true;
    await holder.query('ROLLBACK');
    await strangers;
  }
}, 30_000);

test('a host whose clock is an hour fast pays for a home once, as long as the value is young by the clock of Redis', async () => {
  await addHome('f');
  const another = await startAnother({ ...systemClock, now: () => systemClock.now() + 3_600_000 });
  for (let time = 0; time < 20; time += 1) {
    const response = await fetch(`http://127.0.0.1:${another.port}/v1/estimates/${id('f')}`);
    expect(await response.text()).toBe(available('f'));
  }
  await another.stop(); // which waits for what goes on behind the answers
  expect(upstream.calls.filter((ids) => ids.includes(id('f')))).toEqual([[id('f')]]);
});

test('an upstream that hangs costs pending by the deadline', async () => {
  await addHome('d');
  upstream.isHanging = true;
  const answer = await call(`/v1/estimates/${id('d')}?deadlineMs=50`);
  upstream.isHanging = false;
  expect(answer.text).toBe(`{"propertyId":"${id('d')}","status":"pending"}`);
  await until(() => textOf('d'), available('d')); // the call times out, the back-off lease lapses, somebody fetches
});

test('an unknown home is a 404 problem, and costs nothing', async () => {
  const { status, text } = await call(`/v1/estimates/${id('ghost')}`);
  expect([status, (JSON.parse(text) as { code: string }).code]).toEqual([404, 'unknown-property']);
  expect(upstream.calls.flat()).not.toContain(id('ghost'));
});

test('it is ready without Kafka and the registry, and drops viewport events that it counts', async () => {
  expect((await call('/readyz')).status).toBe(200);
  expect(await telemetry.render()).toMatch(
    /porchlight_publisher_dropped_total\{[^}]*topic="map\.viewport-viewed"[^}]*\} [1-9]/,
  );
});

const ASK_EVERY_MS = 30;

test('two processes refuse together whoever asks too much of both, and serve everybody else', async () => {
  await addHome('g');
  const changes = { RATE_CALLER_UNITS: 60, RATE_WINDOW_S: 3_600, SESSION_HMAC_KEY: `${PREFIX} of a limit alone` };
  const both = [await startAnother(systemClock, changes), await startAnother(systemClock, changes)];
  const ask = async ({ port }: Api, role?: keyof typeof bearers) => {
    const response = await fetch(`http://127.0.0.1:${port}/v1/estimates/${id('g')}`, {
      headers: role === undefined ? {} : { authorization: bearers[role] },
    });
    await response.text();
    return response;
  };
  /** Asks until it is refused; slowly, so that the others' counts can come. @returns the refusal, and how often it was let through */
  const untilRefused = async (one: Api) => {
    let through = -1;
    let response: Response | undefined;
    await eventually('it is refused', async () => {
      if (through >= 0) await pause(ASK_EVERY_MS);
      through += 1;
      response = await ask(one, 'agent');
      return response.status === 429;
    });
    return { response: response as Response, through };
  };
  try {
    const [first, second] = both as [Api, Api];
    for (let time = 0; time < 40; time += 1) expect((await ask(first, 'agent')).status).toBe(200);
    const refusedBySecond = await untilRefused(second);
    const refusedByFirst = await untilRefused(first);
    // By itself the second would have let 60 through, and then the first 20 more.
    expect([refusedBySecond.through < 60, refusedByFirst.through < 20]).toEqual([true, true]);
    for (const { response } of [refusedByFirst, refusedBySecond]) {
      const retryAfterS = Number(response.headers.get('retry-after'));
      expect(retryAfterS > 3_000 && retryAfterS <= 3_600).toBe(true);
    }
    expect([(await ask(first, 'registered')).status, (await ask(second)).status]).toEqual([200, 200]);
  } finally {
    await Promise.all(both.map((each) => each.stop()));
  }
}, 30_000);

import { randomBytes } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { openHand, RedisHand } from '@porchlight/estimate-cache/testing';
import { connectCatalogWriter } from '@porchlight/property-catalog';
import { findFields, findLeak, type Canary } from './testing/leak-judge.ts';
import { needed, newGeneration, openHomes, startRealApi, type RealApi } from './testing/real-api.ts';

/** On the real Redis, PostgreSQL and HTTP: whatever fails, no part of a hidden value leaves the process but towards who may see it. */

const PREFIX = `h${randomBytes(6).toString('hex')}`;
const canary: Canary = {
  valueUsd: 131_845_920_617_283,
  lowUsd: 202_918_375_566_109,
  highUsd: 218_273_650_948_172,
  computedAt: 158_394_720_615_377,
};
const JSON_TEXT = JSON.stringify(canary);

/** What upstream does, by home: each answer, also a wrong one, carries the value. */
const upstreamAnswers: Readonly<Record<string, (ids: readonly string[]) => { status: number; body: string }>> = {
  good: (ids) => ({ status: 200, body: goodAnswer(ids) }),
  failing: () => ({ status: 500, body: `{"title":"cannot price ${JSON_TEXT}"}` }),
  refusing: () => ({ status: 422, body: `{"title":"no","value":${JSON_TEXT}}` }),
  'not-json': () => ({ status: 200, body: `${JSON_TEXT}}` }),
  'wrong-field': (ids) => ({ status: 200, body: goodAnswer(ids).replaceAll('"lowUsd":2', '"lowUsd":-2') }),
  'wrong-home': () => ({ status: 200, body: goodAnswer(['somebody-else']) }),
};

const goodAnswer = (ids: readonly string[]): string =>
  JSON.stringify({
    estimates: ids.map((propertyId) => ({ propertyId, estimateVersion: 1, ...canary })),
    missing: [],
  });

let homes: Awaited<ReturnType<typeof openHomes>>;
let api: RealApi;
let upstream: ReturnType<typeof createServer>;
let hand: RedisHand;
const lines: string[] = [];
const closers: (() => unknown)[] = [];

const homeOf = (what: string, level: string): string => `${PREFIX}-${what}-${level}`;
const LEVELS = ['agent', 'nobody'] as const;
/** What lies in Redis under the home's keys, put there by somebody who is no Porchlight. */
const STRANGE = ['json', 'cut', 'newer', 'no-string', 'no-flight'] as const;

beforeAll(async () => {
  homes = await openHomes();
  upstream = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const { propertyIds } = JSON.parse(Buffer.concat(chunks).toString()) as { propertyIds: string[] };
      const what = Object.keys(upstreamAnswers).find((each) => propertyIds[0]?.includes(`-${each}-`)) ?? 'good';
      const { status, body } = upstreamAnswers[what]?.(propertyIds) ?? { status: 500, body: '' };
      response.writeHead(status, { 'x-value': String(canary.valueUsd) }).end(body);
    });
  });
  await new Promise<void>((resolve) => upstream.listen(0, '127.0.0.1', resolve));
  const generation = newGeneration();
  const opened = openHand({ url: needed('REDIS_URL'), topology: 'single' });
  closers.push(() => opened.close());
  hand = new RedisHand(opened.redis, generation);
  const all = [...Object.keys(upstreamAnswers), ...STRANGE].flatMap((what) =>
    LEVELS.map((level) => homeOf(what, level)),
  );
  await homes.add(all);
  const writer = connectCatalogWriter({ databaseUrl: homes.databaseUrl });
  for (const level of LEVELS)
    for (const home of all.filter((id) => id.endsWith(`-${level}`))) await writer.setOverride(home, level);
  await writer.close();
  api = await startRealApi(
    {
      DATABASE_URL: homes.databaseUrl,
      UPSTREAM_URL: `http://127.0.0.1:${(upstream.address() as AddressInfo).port}`,
      UPSTREAM_API_KEY: 'a key of this test',
      CACHE_KEY_GENERATION: generation,
      UPSTREAM_BREAKER_CALLS_MIN: '10000',
      MAP_DEADLINE_DEFAULT_MS: '5000',
    },
    (line) => void lines.push(line),
  );
}, 60_000);

afterAll(async () => {
  await api.stop();
  upstream.closeAllConnections();
  await new Promise((resolve) => upstream.close(resolve));
  for (const what of STRANGE) for (const level of LEVELS) await removeStrange(homeOf(what, level));
  for (const close of closers) await close();
  await homes.close();
});

async function plantStrange(what: (typeof STRANGE)[number], propertyId: string): Promise<void> {
  const { value, flight } = hand.keysOf(propertyId);
  if (what === 'json') await hand.redis.set(value, JSON_TEXT);
  if (what === 'cut') await hand.redis.set(value, `2|sa-v${JSON_TEXT}`);
  if (what === 'newer') await hand.redis.set(value, `9|${JSON_TEXT}`);
  if (what === 'no-string') await hand.redis.hset(value, 'value', JSON_TEXT);
  if (what === 'no-flight') await hand.redis.set(flight, JSON_TEXT);
}

/** They have no TTL. */
async function removeStrange(propertyId: string): Promise<void> {
  const { value, flight } = hand.keysOf(propertyId);
  await hand.redis.del(value, flight);
}

/** Every form, as this role. */
async function askAs(role: string, propertyIds: readonly string[]): Promise<Record<string, string>> {
  const base = `http://127.0.0.1:${api.port}`;
  const view = 'west=-122.31&south=47.59&east=-122.29&north=47.61&zoom=16';
  const batch = {
    method: 'POST',
    body: JSON.stringify({ propertyIds, deadlineMs: 1_000 }),
  };
  const ask = async (path: string, init: RequestInit = {}, accept = '*/*'): Promise<string> => {
    const headers = {
      'x-viewer-role': role,
      'x-request-id': 'r-1',
      accept,
      ...(init.body === undefined ? {} : { 'content-type': 'application/json' }),
    };
    const answer = await fetch(`${base}${path}`, { ...init, headers });
    const bytes = Buffer.from(await answer.arrayBuffer()).toString('latin1');
    return `${answer.status} ${JSON.stringify([...answer.headers])}\n${bytes}`;
  };
  const said: Record<string, string> = {};
  for (const id of propertyIds) said[`single ${id}`] = await ask(`/v1/estimates/${id}?deadlineMs=1000`);
  for (const accept of ['application/json', 'text/event-stream', 'application/x-ndjson']) {
    said[`batch ${accept}`] = await ask('/v1/estimates:batchGet', batch, accept);
    said[`map ${accept}`] = await ask(`/v1/map/estimates?${view}`, {}, accept);
  }
  return said;
}

const leaksIn = (said: Readonly<Record<string, string>>): string[] =>
  Object.entries(said).flatMap(([place, text]) => {
    const found = findLeak(text, canary) ?? findFields(text);
    return found === null ? [] : [`${place}: ${found}`];
  });

test('a hidden value stands in no answer, log line or metric, whatever upstream answers and whatever lies in Redis', async () => {
  const byWhat = Object.keys(upstreamAnswers).flatMap((what) => LEVELS.map((level) => homeOf(what, level)));
  const strange = STRANGE.flatMap((what) => LEVELS.map((level) => homeOf(what, level)));
  for (const what of STRANGE) for (const level of LEVELS) await plantStrange(what, homeOf(what, level));
  const all = [...byWhat, ...strange];
  // An agent makes upstream answer, and fills what can be filled, at the same moment.
  const [agent, ...told] = await Promise.all([
    askAs('agent', all),
    ...['unregistered', 'registered', 'verified'].map((role) => askAs(role, all)),
  ]);
  const later = await askAs('verified', all);
  for (const said of [...told, later]) expect(leaksIn(said)).toEqual([]);
  // The control: the value was there, and whoever may see it saw it.
  expect(findLeak(agent?.[`single ${homeOf('good', 'agent')}`] ?? '', canary)).not.toBeNull();
  const overheard = { logs: lines.join(''), metrics: await api.metricsText() };
  const leaks = Object.entries(overheard).flatMap(([place, text]) => {
    const leak = findLeak(text, canary);
    return leak === null ? [] : [`${place}: ${leak}`];
  });
  expect([leaks, overheard.logs.includes('estimate-api'), overheard.metrics.length > 1_000]).toEqual([[], true, true]);
}, 120_000);

import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { BrokerProxy } from '@porchlight/stream';
import { parseMetrics } from '@porchlight/telemetry';
import { openApiWorld, type ApiWorld } from './testing/api-world.ts';
import { eventually } from './testing/eventually.ts';

/*
 * estimate-api as a process whose broker hangs from the first second, and again while it serves: it becomes ready, answers, and publishes by itself
 * when the broker is well; it ends as it is asked to, within its drain time, while views wait that nobody takes.
 */

const START_MS = 180_000;
const REACHED_MS = 60_000;
const VIEW = { viewport: { west: -122.31, south: 47.59, east: -122.29, north: 47.61 }, zoom: 16 };
const CALLS = 40;

let proxy: BrokerProxy;
let world: ApiWorld;

beforeAll(async () => {
  proxy = new BrokerProxy((process.env['KAFKA_BROKERS'] ?? '').split(',')[0] ?? '');
  await proxy.up();
  proxy.silence(true);
  world = await openApiWorld({
    count: 1,
    instance: 'hung-broker',
    environment: { KAFKA_BROKERS: proxy.address, DRAIN_MS: '2500' },
  });
}, START_MS);

afterAll(async () => {
  await world?.close();
  await proxy?.down();
}, 60_000);

const api = () => {
  const [process] = world.processes;
  if (process === undefined) throw new Error('there is no estimate-api');
  return process;
};

const metrics = async () => parseMetrics(await (await fetch(`${api().operationsUrl}/metrics`)).text());

/** @returns the status of each home */
async function view(propertyIds: readonly string[]): Promise<string[]> {
  const answer = await fetch(`${api().url}/v1/estimates:batchGet`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ propertyIds, deadlineMs: 5_000, ...VIEW }),
  });
  const { results } = (await answer.json()) as { results: { status: string }[] };
  return results.map(({ status }) => status);
}

/** Views of homes that are all cached; everybody gets everything. */
async function viewCached(propertyIds: readonly string[], calls: number): Promise<void> {
  const answers = await Promise.all(Array.from({ length: calls }, () => view(propertyIds)));
  expect(answers.flat().filter((status) => status === 'pending' || status === 'unavailable')).toEqual([]);
}

test('with a broker that hangs it is ready, answers, and keeps the views; they go out by themselves when it is well', async () => {
  const propertyIds = world.propertyIds.slice(0, 50);
  await eventually(async () => expect(await view(propertyIds)).not.toContain('pending'), REACHED_MS);
  await eventually(async () => {
    await view(propertyIds); // until the schema is known views are dropped
    expect((await metrics()).sum('porchlight.publisher.ring.depth')).toBeGreaterThan(0);
  }, REACHED_MS);
  await viewCached(propertyIds, CALLS);
  expect((await metrics()).sum('porchlight.publisher.published')).toBe(0);
  proxy.silence(false);
  await eventually(async () => {
    const told = await metrics();
    expect(told.sum('porchlight.publisher.published')).toBeGreaterThanOrEqual(CALLS);
    expect(told.sum('porchlight.publisher.ring.depth')).toBe(0);
  }, REACHED_MS);
}, 180_000);

test('a broker that hangs while it serves costs no answer, and a stop ends within its drain time', async () => {
  const propertyIds = world.propertyIds.slice(0, 50);
  proxy.silence(true);
  await viewCached(propertyIds, CALLS);
  await eventually(async () =>
    expect((await metrics()).sum('porchlight.publisher.ring.depth')).toBeGreaterThanOrEqual(CALLS),
  );
  await viewCached(propertyIds, CALLS);
  expect(await api().kill('SIGTERM')).toEqual({ code: 0, signal: null });
  const log = readFileSync(api().logFile, 'utf8');
  expect(log).toContain('the publisher closed with records unsent');
  expect(log).not.toMatch(/DRAIN_TIMEOUT|a rejection that does no harm/);
}, 120_000);

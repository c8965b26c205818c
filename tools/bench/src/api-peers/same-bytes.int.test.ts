import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { peers } from '@porchlight/peer-caches';
import { connectCatalogWriter } from '@porchlight/property-catalog';
import { createTestDatabase, type TestDatabase } from '@porchlight/property-catalog/testing';
import { startApiProcesses, type ApiProcesses } from '@porchlight/run';
import { waitUntil } from '@porchlight/stack';
import { createSimulator, type Simulator } from '@porchlight/upstream-simulator';
import type { Contender } from './contender.ts';
import { startPeer } from './start-peer.ts';

const redisUrl = process.env['REDIS_URL'];
if (redisUrl === undefined) throw new Error('REDIS_URL is missing: npm test sets it');

const START_MS = 120_000;
const UPSTREAM_KEY = 'same-bytes';
const MLS = 'mls-same-bytes';
const prefix = `same-${randomBytes(6).toString('hex')}`;
const idOf = (name: string): string => `${prefix}-${name}`;
/** A home for each thing that an answer may say. */
const ids = ['shown', 'worthless', 'registered', 'hidden'].map(idOf);

let folder: string;
let database: TestDatabase;
let simulator: Simulator;
let ours: ApiProcesses;
const services = new Map<string, Contender>();
const arms = peers.flatMap((peer) =>
  (peer.hasMemory ? [false, true] : [false]).map((memory) => ({
    peer,
    memory,
    arm: memory ? `${peer.name} with memory` : peer.name,
  })),
);

async function loadHomes(): Promise<void> {
  const writer = connectCatalogWriter({ databaseUrl: database.databaseUrl });
  try {
    await writer.setRule({ mlsId: MLS, activeLevel: 'registered', offMarketLevel: 'unregistered' });
    await writer.loadProperties([
      ids.map((propertyId, at) => ({
        propertyId,
        latitude: 47.6,
        longitude: -122.3 + at / 1_000,
        status: propertyId === idOf('registered') ? ('active' as const) : ('off_market' as const),
        mlsId: MLS,
        overrideLevel: propertyId === idOf('hidden') ? ('nobody' as const) : null,
      })),
    ]);
  } finally {
    await writer.close();
  }
  simulator.load(
    ids.map((propertyId) => ({ propertyId, valueUsd: propertyId === idOf('worthless') ? null : 812_345 })),
  );
}

const single = async (url: string, propertyId: string): Promise<string> =>
  (await fetch(`${url}/v1/estimates/${propertyId}`)).text();
async function batch(url: string): Promise<string> {
  const answer = await fetch(`${url}/v1/estimates:batchGet`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ propertyIds: ids }),
  });
  return answer.text();
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'porchlight-same-bytes-'));
  database = await createTestDatabase(process.env['DATABASE_URL']);
  simulator = await createSimulator({ apiKey: UPSTREAM_KEY, latency: { kind: 'fixed', latencyMs: 0 } });
  await loadHomes();
  const { databaseUrl } = database;
  const upstream = { upstreamUrl: simulator.url, upstreamApiKey: UPSTREAM_KEY };
  ours = await startApiProcesses({ count: 1, folder, redisUrl, databaseUrl, ...upstream });
  const places = { folder, redisUrl, databaseUrl, upstreamUrl: simulator.url, upstreamKey: UPSTREAM_KEY };
  for (const { peer, memory, arm } of arms) services.set(arm, await startPeer(peer, memory, places));
}, START_MS);

afterAll(async () => {
  await Promise.all([...[...services.values()].map((each) => each.stop()), ours?.stop()]);
  await simulator?.close();
  await database?.drop();
  await rm(folder, { recursive: true, force: true });
}, START_MS);

/** What ours answers, once it says something of each home. */
async function oursSays(): Promise<string> {
  const said = await waitUntil(
    async () => {
      const text = await batch(ours.urls[0] ?? '');
      return text.includes('"pending":0') && !text.includes('unavailable') ? text : undefined;
    },
    { withinMs: START_MS },
  );
  return said ?? 'nothing';
}

describe.each(arms)('a service with $arm', ({ arm }) => {
  const url = (): string => services.get(arm)?.url ?? '';

  test('answers the same bytes as estimate-api, single and batch, fetched and from its cache', async () => {
    const expected = await oursSays();
    expect((JSON.parse(expected) as { results: { status: string }[] }).results.map(({ status }) => status)).toEqual([
      'available',
      'none',
      'restricted',
      'withheld',
    ]);
    expect(await batch(url())).toBe(expected);
    expect(await batch(url())).toBe(expected);
    const singles = await Promise.all(ids.map((id) => single(url(), id)));
    expect(`{"results":[${singles.join(',')}],"pending":0}`).toBe(expected);
  });

  test('pays once for what everybody asks for', async () => {
    await batch(url());
    const before = simulator.meter.read().billedRequests;
    await Promise.all([batch(url()), batch(url()), ...ids.map((id) => single(url(), id))]);
    expect(simulator.meter.read().billedRequests).toBe(before);
  });
});

test('a peer that is told of a change answers with the new value', async () => {
  for (const { arm } of arms) {
    const service = services.get(arm);
    const id = idOf('shown');
    const before = await single(service?.url ?? '', id);
    const [estimate] = simulator.revalue({ propertyIds: [id] }).estimates;
    if (estimate === undefined) throw new Error('the simulator did not revalue');
    await service?.estimateChanged(estimate);
    const after = await single(service?.url ?? '', id);
    expect(after).not.toBe(before);
    expect((JSON.parse(after) as { estimate: { computedAt: number } }).estimate.computedAt).toBe(estimate.computedAt);
  }
});

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import {
  connectEstimateCache,
  keysOf,
  reachedAnswersOver,
  type AnswersOf,
  type EstimateCacheConnection,
  type FillRequest,
} from '@porchlight/estimate-cache';
import { estimateOf, factsOf } from '@porchlight/estimate-cache/testing';
import { startRedisCluster, waitUntil, type RedisCluster, type RedisNode } from '@porchlight/stack';

/*
 * A primary without a replica goes away: nobody takes its place. What stream apps then learn of their batches decides whether the homes of the other
 * nodes go on.
 */

const START_MS = 120_000;
const BACK_MS = 30_000;
const GENERATION = 'e1';
const HOMES = 30;

let dir: string;
let cluster: RedisCluster;
let connection: EstimateCacheConnection;
let answersOf: AnswersOf;

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'porchlight-node-away-'));
  cluster = await startRedisCluster({ dir, replicas: 0 });
  connection = await connectEstimateCache({ url: cluster.url, topology: 'cluster', commandTimeoutMs: 5_000 });
  // Asked anew each time: what was learnt a moment ago is not what this is about.
  let now = 0;
  answersOf = reachedAnswersOver(connection.cache, () => (now += 1_000));
}, START_MS);

afterAll(async () => {
  await connection?.close();
  await cluster?.stop();
  await rm(dir, { recursive: true, force: true });
}, START_MS);

/** Fetched homes with their tickets, and the node of each. */
async function fetchedHomes(): Promise<{ request: FillRequest; node: RedisNode }[]> {
  const propertyIds = Array.from({ length: HOMES }, (_, n) => `away-${n}`);
  const requests = propertyIds.map((propertyId) => ({ propertyId, nonce: `n-${propertyId}` }));
  const answers = await connection.cache.acquire(requests, 'w');
  return await Promise.all(
    answers.map(async (answer, at) => {
      const propertyId = propertyIds[at] ?? '';
      if (answer.outcome !== 'win') throw new Error('a first caller wins');
      const { ticket } = answer;
      const request: FillRequest = { propertyId, class: 'w', ticket, facts: factsOf(1), estimate: estimateOf(1) };
      return { request, node: await cluster.primaryOf(await cluster.slotOf(keysOf(propertyId, GENERATION).value)) };
    }),
  );
}

const fill = async (homes: readonly { request: FillRequest }[]): Promise<(string | null)[]> => {
  const requests = homes.map(({ request }) => request);
  const answers = await answersOf(connection.cache.fill(requests), requests.length);
  return answers.map((answer) => answer?.outcome ?? null);
};

test('while a node is away its homes are unanswered, in a batch with others and alone, and the others are filled; with all away Redis is down', async () => {
  const homes = await fetchedHomes();
  const victim = homes[0]?.node;
  if (victim === undefined) throw new Error('there are no homes');
  const [lost, kept] = [homes.filter(({ node }) => node === victim), homes.filter(({ node }) => node !== victim)];
  expect(Math.min(lost.length, kept.length)).toBeGreaterThan(0);
  await victim.kill();

  expect(await fill(homes)).toEqual(homes.map(({ node }) => (node === victim ? null : 'ok')));
  expect(await fill(lost)).toEqual(lost.map(() => null));
  await expect(connection.cache.fill(lost.map(({ request }) => request))).rejects.toMatchObject({
    code: 'CACHE_UNAVAILABLE',
  });

  await victim.start();
  const isBack = async () => (await fill(lost)).every((outcome) => outcome !== null);
  await waitUntil(isBack, { withinMs: BACK_MS });
  // It forgot the tickets with its memory.
  expect(await fill(lost)).toEqual(lost.map(() => 'epoch'));

  await Promise.all(cluster.nodes.map((node) => node.kill()));
  await expect(fill(lost)).rejects.toMatchObject({ code: 'CACHE_UNAVAILABLE', fate: 'retry' });
}, 60_000);

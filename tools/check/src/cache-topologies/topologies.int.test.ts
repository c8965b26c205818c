import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { randomNonce } from '@porchlight/estimate-cache';
import {
  describeEstimateCache,
  describeMarkStore,
  estimateOf,
  factsOf,
  histories,
  historyConfig,
  jsonOf,
  memoryWorld,
  playBoth,
  redisMarkWorldAt,
  redisWorldAt,
  type CacheWorld,
} from '@porchlight/estimate-cache/testing';
import { startRedisTopologies, type RedisTopologies, type RedisTopologyName } from '@porchlight/stack';
import fc from 'fast-check';

/** The same suite, the same histories and the same multi-get as on one Redis, on what tools/stack starts. */
const START_MS = 120_000;
const RUNS = 30;
const HOMES = 200;

let dir: string;
let topologies: RedisTopologies;
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'porchlight-topologies-'));
  topologies = await startRedisTopologies(dir);
}, START_MS);
afterAll(async () => {
  await topologies?.stop();
  await rm(dir, { recursive: true, force: true });
}, START_MS);

const names: readonly RedisTopologyName[] = ['cluster', 'envoy', 'envoy before a cluster'];

for (const name of names) {
  describeEstimateCache(`on ${name}`, (changes) => redisWorldAt(topologies.servers[name], changes));
  describeMarkStore(`on ${name}`, () => redisMarkWorldAt(topologies.servers[name]));
}

describe.each(names)('on %s', (name) => {
  let memory: CacheWorld;
  let redis: CacheWorld;
  beforeAll(async () => {
    memory = await memoryWorld(historyConfig);
    redis = await redisWorldAt(topologies.servers[name], historyConfig);
  });
  afterAll(() => redis.close());

  test('random histories give the same answers and leave the same state as in memory', async () => {
    let run = 0;
    let compared = 0;
    await fc.assert(
      fc.asyncProperty(histories, async (moves) => {
        run += 1;
        const { ours, theirs, isTimely } = await playBoth(memory, redis, moves, [`run-${run}-a`, `run-${run}-b`]);
        if (!isTimely) return;
        compared += 1;
        expect(theirs).toEqual(ours);
      }),
      { numRuns: RUNS },
    );
    expect(compared).toBeGreaterThan(RUNS / 2);
  });

  test('two hundred homes are leased, filled and read by one call each', async () => {
    const ids = Array.from({ length: HOMES }, (_, i) => `many-${i}`);
    const answers = await redis.cache.acquire(
      ids.map((propertyId) => ({ propertyId, nonce: randomNonce() })),
      's',
    );
    const fills = answers.flatMap((answer, i) =>
      answer.outcome === 'win'
        ? [
            {
              propertyId: ids[i] ?? '',
              class: 's' as const,
              ticket: answer.ticket,
              facts: factsOf(i + 1),
              estimate: estimateOf(i + 1),
            },
          ]
        : [],
    );
    expect((await redis.cache.fill(fills)).map(({ outcome }) => outcome)).toEqual(ids.map(() => 'ok'));
    const values = await redis.cache.read(ids);
    expect(values.map((value) => value?.estimateJson?.toString())).toEqual(ids.map((_, i) => jsonOf(i + 1)));
  });
});

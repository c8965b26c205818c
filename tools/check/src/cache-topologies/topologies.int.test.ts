import { afterAll, beforeAll, describe, test } from '@jest/globals';
import { connectEstimateCache, upstreamBudgetKeyOf, type EstimateCacheConnection } from '@porchlight/estimate-cache';
import {
  describeEstimateCache,
  describeMarkStore,
  describeSameAsInMemory,
  redisMarkWorldAt,
  redisWorldAt,
} from '@porchlight/estimate-cache/testing';
import { redisBudgetStore } from '@porchlight/estimate-source';
import { budgetConformance } from '@porchlight/estimate-source/testing';
import type { RedisTopologyName } from '@porchlight/stack';
import { topologiesOfFile } from './testing/topologies-of-file.ts';

/** The same suite (a multi-get of 300 homes in it) and the same histories as on one Redis, on what tools/stack starts. */
const HISTORIES = 30;

const topologies = topologiesOfFile();
const names: readonly RedisTopologyName[] = ['cluster', 'envoy', 'envoy before a cluster'];

for (const name of names) {
  describeEstimateCache(`on ${name}`, (changes) => redisWorldAt(topologies().servers[name], changes));
  describeMarkStore(`on ${name}`, () => redisMarkWorldAt(topologies().servers[name]));
  describeSameAsInMemory(`on ${name}`, (changes) => redisWorldAt(topologies().servers[name], changes), HISTORIES);
  describe(`the budget of upstream calls on ${name}`, () => {
    let connection: EstimateCacheConnection;
    beforeAll(async () => {
      connection = await connectEstimateCache(topologies().servers[name]);
    });
    afterAll(() => connection.close());
    test.each(budgetConformance.map((each, at) => [each.title, each, at] as const))('%s', async (_title, each, at) => {
      const key = upstreamBudgetKeyOf(`budget-${names.indexOf(name)}-${at}`);
      await each.check(() => redisBudgetStore({ runner: connection.scripts, key }));
    });
  });
}

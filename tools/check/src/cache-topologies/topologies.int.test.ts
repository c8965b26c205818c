import {
  describeEstimateCache,
  describeMarkStore,
  describeSameAsInMemory,
  redisMarkWorldAt,
  redisWorldAt,
} from '@porchlight/estimate-cache/testing';
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
}

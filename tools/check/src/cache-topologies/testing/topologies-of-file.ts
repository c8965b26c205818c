import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll } from '@jest/globals';
import { startRedisTopologies, type RedisTopologies } from '@porchlight/stack';

const START_MS = 120_000;

/** Starts servers for the tests of a file, which may do to them what they like. @returns them, once a test runs */
export function topologiesOfFile(): () => RedisTopologies {
  let dir: string;
  let topologies: RedisTopologies | undefined;
  beforeAll(async () => {
    dir = await mkdtemp(join(tmpdir(), 'porchlight-topologies-'));
    topologies = await startRedisTopologies(dir);
  }, START_MS);
  afterAll(async () => {
    await topologies?.stop();
    await rm(dir, { recursive: true, force: true });
  }, START_MS);
  return () => {
    if (topologies === undefined) throw new Error('the servers are there once a test runs');
    return topologies;
  };
}

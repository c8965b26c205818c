import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { askRedis } from '../probe/redis.adapter.ts';
import type { RedisNode } from './redis-node.ts';
import { startRedisServer } from './redis-server.ts';

const START_MS = 60_000;

let dir: string;
let server: RedisNode;

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'porchlight-redis-'));
  server = await startRedisServer({ dir, flags: { maxmemory: '64mb' } });
}, START_MS);

afterAll(async () => {
  await server?.stop();
  await rm(dir, { recursive: true, force: true });
});

const lamp = () => askRedis(server.address, 'GET', 'lamp');
const light = (text: string) => askRedis(server.address, 'SET', 'lamp', text);
const comeBack = async (...before: (() => Promise<void>)[]) => {
  await server.kill();
  for (const act of before) await act();
  await server.start();
};

test('a server is at its address, with the flags that it was given', async () => {
  expect(server.url).toBe(`redis://${server.address}`);
  expect(await askRedis(server.address, 'CONFIG', 'GET', 'maxmemory')).toEqual(['maxmemory', String(64 * 1024 ** 2)]);
});

test('one that is killed comes back empty, or with the memory that was kept, as often as it is put back', async () => {
  await light('dim');
  await comeBack();
  expect(await lamp()).toBeNull();
  await light('dim');
  await askRedis(server.address, 'SAVE');
  await server.keepFiles();
  await light('bright');
  await comeBack(() => server.putFilesBack());
  expect(await lamp()).toBe('dim');
  await light('bright');
  await askRedis(server.address, 'SAVE');
  await comeBack(() => server.putFilesBack());
  expect(await lamp()).toBe('dim');
});

test('a frozen server still runs, answers nothing, and is stopped when it is asked to', async () => {
  await server.freeze();
  expect(await server.isRunning()).toBe(true);
  await expect(lamp()).rejects.toThrow();
  await server.thaw();
  expect(await lamp()).toBe('dim');
  await server.freeze();
  await server.stop();
  expect(await server.isRunning()).toBe(false);
});

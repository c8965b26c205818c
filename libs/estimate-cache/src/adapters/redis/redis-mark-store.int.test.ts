import { expect, test } from '@jest/globals';
import { CacheFault, CacheUnavailable } from '../../errors.ts';
import { describeMarkStore } from '../../testing/marks/mark-conformance.ts';
import { redisMarkWorld } from '../../testing/marks/redis-mark-world.ts';
import { redisUrl } from '../../testing/redis-world.ts';
import { createRedisConnection } from './redis-connection.ts';
import { redisMarkStore } from './redis-mark-store.ts';
import type { RedisTransport } from './redis-transport.ts';

describeMarkStore('on Redis', redisMarkWorld);

test('a run names the start of the process and the history that it writes', async () => {
  const world = await redisMarkWorld();
  const redis = createRedisConnection({ url: redisUrl() });
  await redis.connect();
  const info = `${await redis.info('server')}${await redis.info('replication')}`;
  const fieldOf = (name: string) => new RegExp(`^${name}:(\\w+)`, 'm').exec(info)?.[1];
  const run = await world.run(3);
  await world.close();
  await redis.quit();
  expect(run).toBe(`${fieldOf('run_id')}-${fieldOf('master_replid')}`);
  expect(run).toMatch(/^[0-9a-f]{40}-[0-9a-f]{40}$/);
});

const failing = (error: Error): RedisTransport => ({
  get: () => Promise.reject(error),
  getValues: () => Promise.reject(error),
  run: () => Promise.reject(error),
  beat: () => Promise.reject(error),
});

test('a Redis that does not answer leaves each bucket unreached; a fault is told', async () => {
  const connectionsLost = () => 0;
  const down = redisMarkStore({ transport: failing(new CacheUnavailable('down')), connectionsLost });
  expect(await down.mark([{ bucket: 3, commands: [] }])).toEqual([null]);
  expect(await down.read()).toEqual(Array.from({ length: 128 }, () => null));
  expect(await down.raiseSince(1)).toHaveLength(128);
  const broken = redisMarkStore({ transport: failing(new CacheFault('broken')), connectionsLost });
  await expect(broken.read()).rejects.toMatchObject({ code: 'CACHE_FAULT' });
});

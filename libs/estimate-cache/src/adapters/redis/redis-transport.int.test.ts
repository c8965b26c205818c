import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { Redis } from 'ioredis';
import { redisUrl } from '../../testing/redis-world.ts';
import { createRedisConnection } from './redis-connection.ts';
import { singleRedisTransport, type RedisTransport, type ScriptCall } from './redis-transport.ts';
import { createScript } from './scripts/script.ts';

const stem = `t${randomBytes(6).toString('hex')}:{0}`;

let redis: Redis;
let transport: RedisTransport;
beforeAll(async () => {
  redis = createRedisConnection({ url: redisUrl(), commandTimeoutMs: 5_000 });
  await redis.connect();
  transport = singleRedisTransport(redis, 5_000);
});
afterAll(async () => {
  await redis.del(`${stem}:a`, `${stem}:b`, `${stem}:list`);
  await redis.quit();
});

/** A script that this server has never seen, since its text is new. */
const countScript = () =>
  createScript('count', `-- ${randomBytes(8).toString('hex')}\nreturn tostring(redis.call('INCR', KEYS[1]))`);
const callOf = (script: ScriptCall['script'], key: string): ScriptCall => ({
  script,
  keys: [`${stem}:${key}`],
  args: [],
});
const textsOf = (replies: readonly unknown[]) => replies.map(String);

test('scripts that the server does not know are sent once more, and only those', async () => {
  const known = countScript();
  const unknown = countScript();
  expect(textsOf(await transport.run([callOf(known, 'a')]))).toEqual(['1']);
  const mixed = [callOf(known, 'a'), callOf(unknown, 'b'), callOf(known, 'a'), callOf(unknown, 'b')];
  expect(textsOf(await transport.run(mixed))).toEqual(['2', '1', '3', '2']);
  expect(textsOf(await transport.run(mixed))).toEqual(['4', '3', '5', '4']);
});

test('an error inside a pipeline is thrown, never handed on as a value', async () => {
  await redis.rpush(`${stem}:list`, 'x');
  const calls = [callOf(countScript(), 'a'), callOf(countScript(), 'list')];
  await expect(transport.run(calls)).rejects.toMatchObject({
    code: 'CACHE_FAULT',
    fate: 'crash',
    message: expect.stringContaining('WRONGTYPE'),
  });
});

test('a script that Redis cannot read is a fault, not a reason to retry', async () => {
  const broken = createScript('broken', `-- ${randomBytes(8).toString('hex')}\nreturn (`);
  await expect(transport.run([callOf(broken, 'a')])).rejects.toMatchObject({ code: 'CACHE_FAULT' });
});

test('more keys than one MGET may take are asked for in several, in order', async () => {
  await redis.set(`${stem}:a`, 'first');
  await redis.set(`${stem}:b`, 'last');
  const keys = [`${stem}:a`, ...Array.from({ length: 1_200 }, (_, i) => `${stem}:none-${i}`), `${stem}:b`];
  const values = await transport.get(keys);
  expect([values.length, String(values[0]), values[1], String(values.at(-1))]).toEqual([1_202, 'first', null, 'last']);
});

import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { Redis } from 'ioredis';
import { redisUrl } from '../../testing/redis-world.ts';
import { ValuesText } from './read-text.ts';
import { createRedisConnection } from './redis-connection.ts';
import { singleRedisTransport, type RedisTransport } from './redis-transport.ts';
import { createScript } from './scripts/script.ts';

const generation = `t${randomBytes(6).toString('hex')}`;
const text = new ValuesText(generation);
const ids = Array.from({ length: 50 }, (_, n) => `p${n}`);
const echo = createScript('echo', 'return KEYS[1]');
const TIMEOUT_MS = 5_000;

let redis: Redis;
let transport: RedisTransport;
beforeAll(async () => {
  redis = createRedisConnection({ url: redisUrl(), commandTimeoutMs: TIMEOUT_MS });
  await redis.connect();
  transport = singleRedisTransport(redis, TIMEOUT_MS);
  await Promise.all(text.keysOf(ids).map((key, n) => redis.set(key, `value ${n}`, 'PX', 600_000)));
});
afterAll(async () => {
  await redis.del(...text.keysOf(ids)).finally(() => redis.disconnect());
});

const readOf = (...asked: string[]): Promise<string[]> =>
  transport.getValues(asked, text, (values) => values.map(String));

test('reads, scripts and plain commands that are sent in one turn each get their own answers', async () => {
  const answers = await Promise.all(
    ids.flatMap((id, n): Promise<unknown>[] => [
      readOf(id),
      redis.echo(`plain ${n}`),
      transport.run([{ script: echo, keys: [`${generation}:{0}:${n}`], args: [] }]).then(String),
      readOf(id, 'nobody', ids.at(-1 - n) ?? ''),
    ]),
  );
  const last = ids.length - 1;
  expect(answers).toEqual(
    ids.flatMap((_, n) => [
      [`value ${n}`],
      `plain ${n}`,
      `${generation}:{0}:${n}`,
      [`value ${n}`, 'null', `value ${last - n}`],
    ]),
  );
});

const connectedAgain = (): Promise<void> => new Promise((resolve) => redis.once('ready', () => resolve()));

test('reads of a connection that breaks in the turn that sends them, or under way, fail; the next connection answers its own', async () => {
  let again = connectedAgain();
  const written = [readOf('p1'), readOf('p2', 'p3')];
  const unwritten = readOf('p4');
  redis.disconnect(true);
  await expect(unwritten).rejects.toMatchObject({ code: 'CACHE_UNAVAILABLE' });
  // Redis may answer what it has while the connection ends: then each its own.
  const own = [['value 1'], ['value 2', 'value 3']];
  for (const [at, outcome] of (await Promise.allSettled(written)).entries()) {
    if (outcome.status === 'fulfilled') expect(outcome.value).toEqual(own[at]);
    else expect(outcome.reason).toMatchObject({ code: 'CACHE_UNAVAILABLE' });
  }
  await again;

  again = connectedAgain();
  const underWay = [readOf('p4'), readOf('p5', 'p6')];
  await Promise.resolve();
  redis.stream.destroy();
  for (const outcome of await Promise.allSettled(underWay)) {
    expect(outcome).toMatchObject({ status: 'rejected', reason: { code: 'CACHE_UNAVAILABLE' } });
  }
  await again;
  expect(await Promise.all([readOf('p7'), readOf('p8', 'p9')])).toEqual([['value 7'], ['value 8', 'value 9']]);
});

import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { connectEstimateCache, type EstimateCacheConnection } from './connect-estimate-cache.ts';
import { openHand, type HandConnection } from '../../testing/hand-connection.ts';
import { redisUrl } from '../../testing/redis-world.ts';
import { RedisHand } from '../../testing/redis-hand.ts';
import { estimateOf, factsOf, jsonOf } from '../../testing/story.ts';
import type { HomeInspector } from '../../home-inspection.ts';
import { plainEstimateOf } from '../../cached-estimate.ts';
import { redisHomeInspector } from './redis-home-inspector.ts';
import { inspectScript } from './scripts/inspect.ts';
import { createScript } from './scripts/script.ts';

const keyGeneration = `inspect${Date.now().toString(36)}`;
let connection: EstimateCacheConnection;
let connected: HandConnection;
let hand: RedisHand;
let inspector: HomeInspector;
let made = 0;
let propertyId = '';

beforeAll(async () => {
  connection = await connectEstimateCache({ url: redisUrl(), config: { keyGeneration } });
  connected = openHand({ url: redisUrl(), topology: 'single' });
  hand = new RedisHand(connected.redis, keyGeneration);
  inspector = redisHomeInspector({ scripts: connection.scripts, keyGeneration });
});
beforeEach(() => {
  made += 1;
  propertyId = `home-${made}`;
});
afterAll(async () => {
  for (let each = 1; each <= made; each += 1) {
    const { value, flight } = hand.keysOf(`home-${each}`);
    await connected.redis.del(value, flight);
  }
  connected.close();
  await connection.close();
});

const look = async () => {
  const [found] = await inspector.inspect([propertyId]);
  if (found === undefined || found === null) throw new Error('the node answers');
  return found;
};
const win = async () => {
  const [answer] = await connection.cache.acquire([{ propertyId, nonce: 'n1' }], 'w');
  if (answer?.outcome !== 'win') throw new Error('nobody else asks');
  return answer.ticket;
};

test('a home that nobody holds has neither value nor flight', async () => {
  expect(await look()).toEqual({
    propertyId,
    value: null,
    rejected: null,
    valueBytes: 0,
    flight: null,
    cacheNow: expect.any(Number),
  });
});

test('a lease shows whose class it is and when it ends; a value shows what a reader gets', async () => {
  const ticket = await win();
  const during = await look();
  expect(during.flight).toEqual(await hand.flight(propertyId));
  expect(during.flight?.lease).toMatchObject({ class: 'w', nonce: 'n1' });
  await connection.cache.fill([{ propertyId, class: 'w', ticket, facts: factsOf(3), estimate: estimateOf(7) }]);
  const { value } = await look();
  const [read] = await connection.cache.read([propertyId]);
  expect(value && plainEstimateOf(value)).toEqual(read && plainEstimateOf(read));
  expect(value?.estimateJson?.toString()).toBe(jsonOf(7));
});

test('what cannot be read stays where it is', async () => {
  const { value: key } = hand.keysOf(propertyId);
  await connected.redis.set(key, '9|of tomorrow');
  expect(await look()).toMatchObject({ value: null, rejected: 'newer', valueBytes: 13 });
  expect(String(await connected.redis.getBuffer(key))).toBe('9|of tomorrow');
});

test('a key of another type is foreign, and no flight', async () => {
  const { value, flight } = hand.keysOf(propertyId);
  await connected.redis.hset(value, 'a', 'b');
  await connected.redis.set(flight, 'text');
  expect(await look()).toMatchObject({ value: null, rejected: 'foreign', flight: null });
});

test('Redis refuses the script a write, whatever somebody adds to it', async () => {
  const { value: key } = hand.keysOf(propertyId);
  const writing = createScript(
    'writing',
    inspectScript.lua.replace('return reply', "redis.call('DEL', KEYS[1])\nreturn reply"),
  );
  await expect(
    connection.scripts.run([{ script: writing, keys: [key, hand.keysOf(propertyId).flight], args: [] }]),
  ).rejects.toThrow(/write/i);
});

test('an id that is none is refused before anything is asked', async () => {
  await expect(inspector.inspect(['a}b'])).rejects.toMatchObject({ code: 'BAD_CACHE_ENTRY' });
});

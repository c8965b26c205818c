import { randomBytes } from 'node:crypto';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import {
  bucketOf,
  connectCacheTime,
  connectEstimateCache,
  redisHomeInspector,
  upstreamBudgetKeyOf,
  type EstimateCacheConnection,
} from '@porchlight/estimate-cache';
import { estimateOf, factsOf } from '@porchlight/estimate-cache/testing';
import { readBudget, redisBudgetStore } from '@porchlight/estimate-source';
import { redisFlagStore } from '@porchlight/rollout';
import { Redis } from 'ioredis';
import { createRedisUsers, type RedisUsers } from './redis-users.ts';

const keyGeneration = `t${randomBytes(6).toString('hex')}`;
const budgetKey = upstreamBudgetKeyOf(keyGeneration);
const writerKey = `${keyGeneration}:{writer}:3`;
const markKey = `${keyGeneration}:{7}:k`;
const limits = { requests: { perS: 10, capacity: 10, reserve: 0 }, items: { perS: 10, capacity: 10, reserve: 0 } };

let users: RedisUsers;
const closings: (() => Promise<unknown>)[] = [];
const homes = new Set<string>();

const homeOf = (name: string): string => {
  homes.add(name);
  return name;
};
const connect = async (user: string): Promise<EstimateCacheConnection> => {
  const connection = await connectEstimateCache({ url: users.urlOf(user), config: { keyGeneration } });
  closings.push(() => connection.close());
  return connection;
};
const flagsOf = (user: string) => {
  const store = redisFlagStore({ url: users.urlOf(user), key: users.flagsKey });
  closings.push(() => store.close());
  return store;
};
const budgetOf = ({ scripts }: EstimateCacheConnection) => redisBudgetStore({ runner: scripts, key: budgetKey });

beforeAll(async () => {
  users = await createRedisUsers(process.env.REDIS_URL);
});
afterEach(async () => {
  for (const close of closings.splice(0)) await close();
});
afterAll(async () => {
  const admin = new Redis(process.env.REDIS_URL ?? '');
  const keys = [...homes].flatMap((home) =>
    ['v', 'm'].map((end) => `${keyGeneration}:{${bucketOf(home)}}:${home}:${end}`),
  );
  await admin.del(...keys, budgetKey, writerKey, markKey);
  await admin.quit();
  await users.drop();
});

/** A ticket for a home, won by an app that pays or asks for it. */
async function ticketFor(user: string, propertyId: string, nonce: string, leaseClass: 's' | 'w') {
  const { cache } = await connect(user);
  const [answer] = await cache.acquire([{ propertyId, nonce }], leaseClass);
  if (answer?.outcome !== 'win') throw new Error(`expected to win, got ${answer?.outcome}`);
  return answer.ticket;
}

const served = async (user: string, propertyId: string) => {
  const { cache } = await connect(user);
  const [value] = await cache.read([propertyId]);
  // One home is asked for by another command than several.
  const several = await cache.read([propertyId, 'nobody-asked']);
  expect(several.map((each) => each?.facts ?? null)).toEqual([value?.facts ?? null, null]);
  return value === null || value === undefined ? null : value.facts.visibilityVersion;
};

describe('each app does what it does under its own user', () => {
  test('a home is asked for by request-filter, paid for by data-fetcher, and stored by data-writer', async () => {
    const propertyId = homeOf('warm-1');
    const ticket = await ticketFor('request-filter', propertyId, 'n1', 'w');
    const fetcher = await connect('data-fetcher');
    expect(await fetcher.cache.recheck([{ propertyId, ticket, visibilityVersion: 3 }])).toEqual([true]);
    expect(await budgetOf(fetcher).draw({ items: 1, lane: 'background', limits })).toBeDefined();
    const writer = await connect('data-writer');
    const [stored] = await writer.cache.fill([
      { propertyId, class: 'w', ticket, facts: factsOf(3), estimate: estimateOf(1) },
    ]);
    expect(stored?.outcome).toBe('ok');
    expect(await served('estimate-api', propertyId)).toBe(3);
    expect(await served('request-filter', propertyId)).toBe(3);
  });

  test('data-writer says that it gets on, data-fetcher hears it, and gives a lease back', async () => {
    const propertyId = homeOf('warm-2');
    await (await connect('data-writer')).progress.beat([3]);
    const fetcher = await connect('data-fetcher');
    expect([...(await fetcher.progress.alive([3, 4]))]).toEqual([3]);
    expect([...(await fetcher.progress.alive([3]))]).toEqual([3]);
    const { nonce } = await ticketFor('request-filter', propertyId, 'n2', 'w');
    await fetcher.cache.release([{ propertyId, nonce, backOff: false }]);
    expect(await ticketFor('request-filter', propertyId, 'n3', 'w')).toMatchObject({ nonce: 'n3' });
  });

  test('request-filter stores what nobody may see as facts, gives back and forgets', async () => {
    const propertyId = homeOf('filtered');
    const filter = await connect('request-filter');
    const ticket = await ticketFor('request-filter', propertyId, 'n4', 'w');
    const fill = { propertyId, class: 'w', ticket, facts: factsOf(2), estimate: 'unknown' } as const;
    expect((await filter.cache.fill([fill]))[0]?.outcome).toBe('ok');
    const other = homeOf('given-back');
    const lease = await ticketFor('request-filter', other, 'n5', 'w');
    await filter.cache.release([{ propertyId: other, nonce: 'n5', backOff: true }]);
    await filter.cache.forget([{ propertyId: other, epoch: lease.epoch }]);
    expect(await ticketFor('request-filter', other, 'n6', 'w')).toMatchObject({ nonce: 'n6' });
  });

  test('estimate-api pays, fills, checks, gives back and forgets, reads marks, time, budget and flags', async () => {
    const propertyId = homeOf('single');
    const api = await connect('estimate-api');
    const ticket = await ticketFor('estimate-api', propertyId, 'n7', 's');
    const fill = { propertyId, class: 's', ticket, facts: factsOf(5), estimate: estimateOf(1) } as const;
    expect((await api.cache.fill([fill]))[0]?.outcome).toBe('ok');
    const { checkedAt } = factsOf(5);
    expect(await api.cache.touch([{ propertyId, visibilityVersion: 5, checkedAt: checkedAt + 1 }])).toEqual([
      'touched',
    ]);
    expect(await api.cache.invalidate([{ propertyId, visibilityVersion: 6 }])).toEqual(['removed']);
    const other = homeOf('single-back');
    const lease = await ticketFor('estimate-api', other, 'n8', 's');
    await api.cache.release([{ propertyId: other, nonce: 'n8', backOff: false }]);
    const [again] = await api.cache.acquire([{ propertyId: other, nonce: 'n11' }], 's');
    expect(again?.outcome).toBe('win');
    await api.cache.forget([{ propertyId: other, epoch: lease.epoch }]);
    expect((await api.marks.read()).length).toBeGreaterThan(0);
    const time = await connectCacheTime({ url: users.urlOf('estimate-api') });
    closings.push(() => time.close());
    expect(await time.readTime()).toBeGreaterThan(0);
    await budgetOf(api)
      .pause({ untilMs: 1, breakerMs: 0 } as never)
      .catch(() => undefined);
    expect(await budgetOf(api).draw({ items: 1, lane: 'user', limits })).toBeDefined();
    expect(await flagsOf('estimate-api').read()).toBeNull();
  });

  test('invalidator removes, refreshes, samples and marks', async () => {
    const propertyId = homeOf('changed');
    const ticket = await ticketFor('estimate-api', propertyId, 'n9', 's');
    const fill = { propertyId, class: 's', ticket, facts: factsOf(5), estimate: estimateOf(1) } as const;
    await (await connect('estimate-api')).cache.fill([fill]);
    const { cache, marks } = await connect('invalidator');
    const update = { propertyId, estimateVersion: 2, estimate: estimateOf(2) };
    expect(await cache.update([update])).toEqual(['updated']);
    expect(await served('invalidator', propertyId)).toBe(5);
    expect(await cache.invalidate([{ propertyId, visibilityVersion: 6 }])).toEqual(['removed']);
    const at = { topic: 'test.changes', partition: 0 };
    const reset = { ...at, seenOffset: null, nextOffset: 5n, sinceAt: 1 };
    expect(await marks.reset([{ bucket: 7, commands: [reset] }])).toEqual([['reset']]);
    const [reading] = (await marks.read()).slice(7, 8);
    const mark = { ...at, run: reading?.run ?? null, fromOffset: 5n, toOffset: 6n, untilAt: 2 };
    expect(await marks.mark([{ bucket: 7, commands: [mark] }])).toEqual([[{ outcome: 'marked', nextOffset: 6n }]]);
    const seen = (await (await connect('estimate-api')).marks.read())[7];
    expect(seen).not.toEqual((await marks.read())[8]); // whoever may not read sees a bucket without a mark
    expect(seen).toEqual((await marks.read())[7]);
  });

  test('forecaster reads flags, and an operator turns them', async () => {
    const store = flagsOf('operator');
    expect(await store.replace(null, '{"a":1}')).toBe(true);
    expect(await flagsOf('forecaster').read()).toBe('{"a":1}');
    expect(await store.replace('{"a":1}', '{"a":2}')).toBe(true);
  });

  test('an operator looks into a home and into the budget', async () => {
    const propertyId = homeOf('inspected');
    await ticketFor('request-filter', propertyId, 'n10', 'w');
    const { scripts } = await connect('operator');
    const [found] = await redisHomeInspector({ scripts, keyGeneration }).inspect([propertyId]);
    expect(found).toBeDefined();
    await expect(readBudget({ runner: scripts, key: budgetKey })).resolves.toBeDefined();
  });
});

describe('what is none of the business of a user is refused by the server', () => {
  const value = `${keyGeneration}:{9}:warm-1:v`;
  const set = (key: string) => ['SET', key, 'x'];
  const everybody = ['estimate-api', 'request-filter', 'data-fetcher', 'data-writer', 'invalidator', 'forecaster'];
  const cases: [user: string, what: string, command: string[]][] = [
    ...[...everybody, 'operator'].flatMap((user): typeof cases => [
      [user, 'empties the server', ['FLUSHALL']],
      [user, 'reads the settings', ['CONFIG', 'GET', 'requirepass']],
      [user, 'changes the settings', ['CONFIG', 'SET', 'maxmemory-policy', 'allkeys-lru']],
      [user, 'lists users', ['ACL', 'LIST']],
      [user, 'lists keys', ['SCAN', '0']],
      [user, 'watches others', ['MONITOR']],
      [user, 'sends to others', ['PUBLISH', 'any', 'x']],
      [user, 'forgets scripts', ['SCRIPT', 'FLUSH']],
      [user, 'writes a key of somebody else', set('somebody-else')],
    ]),
    ...everybody.flatMap((user): typeof cases => [[user, 'turns a flag', ['SET', 'flags', '{}']]]),
    ...['request-filter', 'data-fetcher', 'data-writer', 'invalidator'].map((user): (typeof cases)[number] => [
      user,
      'reads flags',
      ['GET', 'flags'],
    ]),
    ...['forecaster', 'data-fetcher'].map((user): (typeof cases)[number] => [user, 'stores an estimate', set(value)]),
    ['forecaster', 'reads an estimate', ['GET', value]],
    ['forecaster', 'runs a script', ['EVAL', 'return 1', '0']],
    ...['estimate-api', 'request-filter', 'data-fetcher', 'data-writer'].map((user): (typeof cases)[number] => [
      user,
      'vouches for a bucket',
      ['HSET', markKey, 's', '1'],
    ]),
    ...['request-filter', 'data-writer', 'invalidator', 'forecaster'].map((user): (typeof cases)[number] => [
      user,
      'spends the budget',
      ['HSET', budgetKey, 'r', '99'],
    ]),
    ...['estimate-api', 'request-filter', 'data-fetcher', 'invalidator'].map((user): (typeof cases)[number] => [
      user,
      'says that data-writer gets on',
      set(writerKey),
    ]),
  ];

  test.each(cases)('%s %s', async (user, _what, command) => {
    const own = command.map((word) => (word === 'flags' ? users.flagsKey : word));
    // Asked first: the server is shared, and would really be emptied by a user who may.
    expect(await users.wouldSay(user, own)).toMatch(/has no permissions/);
    const redis = new Redis(users.urlOf(user), { maxRetriesPerRequest: 0, retryStrategy: () => null });
    redis.on('error', () => undefined);
    closings.push(async () => redis.disconnect());
    const [name = '', ...args] = own;
    await expect(redis.call(name, ...args)).rejects.toThrow(/^NOPERM/);
  });

  test.each(['estimate-api', 'request-filter', 'data-fetcher', 'data-writer', 'invalidator'])(
    '%s, through a script that hides what it touches',
    async (user) => {
      const redis = new Redis(users.urlOf(user), { maxRetriesPerRequest: 0 });
      redis.on('error', () => undefined);
      closings.push(async () => redis.disconnect());
      const script = `return redis.call('SET', '${users.flagsKey}', '{}')`;
      await expect(redis.eval(script, 1, value)).rejects.toThrow(/ACL failure|NOPERM/);
    },
  );
});

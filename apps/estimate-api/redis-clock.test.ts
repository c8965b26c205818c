import { expect, test } from '@jest/globals';
import { ManualClock } from '@porchlight/stream';
import { createRedisClock, REDIS_CLOCK_POLL_MS } from './redis-clock.ts';

const REDIS_NOW = 1_800_000_000_000;

/** Redis has a clock, this host a steady count and a wall clock that is a year off; they go on together. */
function bench({ tripMs = 0 } = {}) {
  const host = new ManualClock(REDIS_NOW - 365 * 86_400_000);
  const bornAt = host.now();
  const redis = { aheadMs: 0, isDown: false, asked: 0 };
  let trips = 0;
  const elapsedMs = () => host.now() - bornAt + trips * tripMs;
  const redisNow = () => REDIS_NOW + elapsedMs() + redis.aheadMs;
  const clock = createRedisClock({
    async readTime() {
      redis.asked += 1;
      if (redis.isDown) throw new Error('no Redis');
      const time = redisNow();
      trips += 1;
      return time;
    },
    elapsedMs,
    clock: host,
  });
  return { clock, host, redis, behindMs: () => redisNow() - clock.now() };
}

test('is the clock of Redis, whatever the host believes, and never ahead of it', async () => {
  const { clock, host, behindMs } = bench({ tripMs: 30 });
  await clock.load();
  expect(behindMs()).toBe(30);
  await host.advance(60_000);
  expect(behindMs()).toBe(30);
});

test('before the first reading nothing looks expired', () => {
  expect(bench().clock.now()).toBe(Number.NEGATIVE_INFINITY);
});

test('follows Redis when its clock is set, or another takes its place', async () => {
  const { clock, host, redis, behindMs } = bench();
  await clock.load();
  clock.start();
  redis.aheadMs = -90_000;
  await host.advance(REDIS_CLOCK_POLL_MS);
  expect(behindMs()).toBe(0);
  clock.stop();
});

test('goes on by itself while Redis is away, asks again, and no more after stop', async () => {
  const { clock, host, redis, behindMs } = bench();
  await clock.load();
  clock.start();
  redis.isDown = true;
  await host.advance(3 * REDIS_CLOCK_POLL_MS);
  expect([behindMs(), redis.asked]).toEqual([0, 4]);
  clock.stop();
  await host.advance(3 * REDIS_CLOCK_POLL_MS);
  expect([redis.asked, host.nextAt]).toEqual([4, null]);
});

test('a reading that cannot be had at the start is told', async () => {
  const { clock, redis } = bench();
  redis.isDown = true;
  await expect(clock.load()).rejects.toThrow('no Redis');
});

import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { connectEstimateCache, upstreamBudgetKeyOf, type EstimateCacheConnection } from '@porchlight/estimate-cache';
import { budgetLimitsOf, redisBudgetStore } from '@porchlight/estimate-source';
import { createTestDatabase, type TestDatabase } from '@porchlight/property-catalog/testing';
import { serverAddress } from '../testing/dev-servers.ts';
import { runCommand } from '../testing/run-command.ts';
import type { FleetStatus } from './fleet-status.ts';

const keyGeneration = `x${randomBytes(6).toString('hex')}`;
let database: TestDatabase;
let connection: EstimateCacheConnection;

beforeAll(async () => {
  database = await createTestDatabase(serverAddress('DATABASE_URL'));
  connection = await connectEstimateCache({ url: serverAddress('REDIS_URL'), config: { keyGeneration } });
});
afterAll(async () => {
  await connection.close();
  await database.drop();
});

const run = (args: string[], environment: Record<string, string> = {}) =>
  runCommand(args, {
    KAFKA_BROKERS: serverAddress('KAFKA_BROKERS'),
    REDIS_URL: serverAddress('REDIS_URL'),
    DATABASE_URL: database.databaseUrl,
    CACHE_KEY_GENERATION: keyGeneration,
    ...environment,
  });

test('status shows groups, the feed and what is left of the budget; looking draws nothing', async () => {
  const before = JSON.parse((await run(['status', '--json'])).out) as FleetStatus;
  expect(before.upstream).toEqual({
    requestsLeft: null,
    itemsLeft: null,
    drawnMsAgo: null,
    pauseUserMs: 0,
    pauseBackgroundMs: 0,
  });

  const store = redisBudgetStore({ runner: connection.scripts, key: upstreamBudgetKeyOf(keyGeneration) });
  const limits = budgetLimitsOf({ requestsPerS: 0.0001, itemsPerS: 0.01, burstS: 80_000, reserveShare: 0.5 });
  await store.draw({ items: 100, lane: 'user', limits });
  await store.pause({ userMs: 60_000, backgroundMs: 120_000 });
  const { code, out, error } = await run(['status', '--json']);
  const status = JSON.parse(out) as FleetStatus;
  expect([code, error, status.api]).toEqual([0, '', null]);
  expect(status.upstream).toMatchObject({ requestsLeft: 7, itemsLeft: 700 });
  const { pauseUserMs, pauseBackgroundMs } = status.upstream as { pauseUserMs: number; pauseBackgroundMs: number };
  expect([pauseUserMs > 0 && pauseUserMs <= 60_000, pauseBackgroundMs > pauseUserMs]).toEqual([true, true]);
  expect(status.feed).toMatchObject({ relayMs: null, marksMs: null, bucketsAway: 0, bucketsUnmarked: 128 });
  expect(JSON.stringify(status.groups)).toContain('"app":"invalidator"');
  await store.giveBack({ items: 100, limits });
});

test('top prints a line each time where there is no screen, and ends after as many as it was told', async () => {
  const { code, out } = await run(['top', '--times', '2', '--every', '1', '--metrics', 'http://127.0.0.1:9']);
  const lines = out.trimEnd().split('\n');
  expect([code, lines.length]).toEqual([0, 2]);
  expect(lines[0]).toMatch(/^\d{4}-\S+Z {2}lag: forecaster .* changes not known {2}pause yes {2}hits - {2}p99 -$/);
});

test('a server that is away is one part that is not known; an address that is none is refused', async () => {
  const { code, out } = await run(['status', '--json'], { REDIS_URL: 'redis://somebody:secret@127.0.0.1:9' });
  const status = JSON.parse(out) as FleetStatus;
  expect([code, status.feed]).toEqual([0, { error: expect.stringContaining('does not answer') }]);
  expect(out).not.toContain('secret');
  expect(Array.isArray(status.groups)).toBe(true);
  const refused = await run(['status', '--metrics', 'nowhere']);
  expect([refused.code, refused.error]).toEqual([78, expect.stringMatching(/^METRICS_URL_INVALID: /)]);
});

import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { createProgram } from '../commands.ts';
import { scriptedTerminal } from '../testing/scripted-terminal.ts';
import { GIB, measured } from './measured.ts';
import { planCache, type CacheDemand } from './plan-cache.ts';

const demand = (fields: Partial<CacheDemand> = {}): CacheDemand => ({
  homes: 1_000_000,
  activePercent: 2,
  readsPerS: 10_000,
  homesPerRead: 50,
  hitPercent: 80,
  copies: 1,
  shardGib: 16,
  homeBytes: 281,
  usdPerGibMonth: null,
  ...fields,
});

test('the numbers are those that the cache says of itself', () => {
  const readme = readFileSync(new URL('../../../../libs/estimate-cache/README.md', import.meta.url), 'utf8');
  expect(readme).toContain(
    `${measured.valueBytes} a value, ${measured.flightBytes} a flight that lives two minutes; ${measured.homeBytes} of used_memory for a home in all`,
  );
  expect(readme).toContain(`(${measured.getsPerS.toLocaleString('en-US')} a second)`);
  expect(readme).toContain(`(${(measured.mgetHomesPerS / 100).toLocaleString('en-US')})`);
  expect(readme).toContain(`| FILL                               | ${measured.fillsPerS.toLocaleString('en-US')} `);
});

test('a million homes fit into one Redis', () => {
  const plan = planCache(demand());
  expect([plan.shards, plan.topology, plan.valuesBytes]).toEqual([1, 'single', 281_000_000]);
});

test('ninety million homes need 23.6 GiB of values, so two shards of 16; a cluster has three', () => {
  const plan = planCache(demand({ homes: 90_000_000, copies: 1 }));
  expect(plan.valuesBytes / GIB).toBeCloseTo(23.55, 1);
  expect([plan.shards, plan.limit, plan.servers, plan.topology]).toEqual([3, 'memory', 6, 'cluster']);
  expect(plan.shardsBy.memory).toBe(2);
  expect(plan.totalBytes).toBeCloseTo(plan.usedBytes * 1.3 * 2, 0);
});

describe('a shard more when the limit is passed, none while it is met', () => {
  test.each<[string, Partial<CacheDemand>, Partial<CacheDemand>, string]>([
    ['homes read', { readsPerS: 700_000, hitPercent: 100 }, { readsPerS: 700_001, hitPercent: 100 }, 'homes read'],
    [
      'commands',
      { readsPerS: 60_500, homesPerRead: 1, hitPercent: 100 },
      { readsPerS: 60_501, homesPerRead: 1, hitPercent: 100 },
      'commands',
    ],
    [
      'fills',
      { homes: 40_000_000, activePercent: 100, readsPerS: 9_800, hitPercent: 0 },
      { homes: 40_000_000, activePercent: 100, readsPerS: 9_801, hitPercent: 0 },
      'fills',
    ],
  ])('%s', (_, met, passed, limit) => {
    expect(planCache(demand({ ...met, shardGib: 64 })).shards).toBe(1);
    expect(planCache(demand({ ...passed, shardGib: 64 }))).toMatchObject({
      shards: 3,
      limit,
      shardsBy: { [limit]: 2 },
    });
  });
});

test('homes are not fetched more often than they can expire, however much is read', () => {
  const few = planCache(demand({ homes: 100, activePercent: 100, readsPerS: 1_000_000, hitPercent: 0 }));
  expect(few.fillsPerS).toBeCloseTo(100 / 255, 5);
});

test('money is said only if somebody said what a GiB costs', () => {
  expect(planCache(demand()).usdPerMonth).toBeNull();
  const plan = planCache(demand({ usdPerGibMonth: 10 }));
  expect(plan.usdPerMonth).toBeCloseTo((plan.totalBytes / GIB) * 10, 5);
});

test('the command prints the plan, and as JSON one value', async () => {
  const [text, json] = [scriptedTerminal(), scriptedTerminal()];
  const args = ['cache', 'plan', '--homes', '90000000'];
  await createProgram(text).parseAsync(args, { from: 'user' });
  await createProgram(json).parseAsync([...args, '--json'], { from: 'user' });
  expect(text.printed.join()).toMatch(/3 shards, for memory: REDIS_TOPOLOGY=cluster/);
  expect(JSON.parse(json.printed.join())).toMatchObject({
    shards: 3,
    demand: { homes: 90_000_000, usdPerGibMonth: null },
  });
});

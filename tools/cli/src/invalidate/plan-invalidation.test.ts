import { expect, test } from '@jest/globals';
import type { Facts } from '@porchlight/contracts';
import { memoryEstimateCache, type HomeInspection } from '@porchlight/estimate-cache';
import type { CliError } from '../cli-error.ts';
import { scriptedTerminal } from '../testing/scripted-terminal.ts';
import { parseHomes } from '../homes/read-homes.ts';
import { createProgress } from '../terminal/progress.ts';
import { invalidateHomes } from './invalidate-homes.ts';
import { planInvalidation } from './plan-invalidation.ts';

const facts = (visibilityVersion: number): Facts => ({
  visibilityVersion,
  status: 'active',
  mlsId: null,
  overrideLevel: null,
  checkedAt: 1,
});
const inspection = (fields: Partial<HomeInspection> = {}): HomeInspection => ({
  propertyId: 'p',
  value: null,
  rejected: null,
  valueBytes: 0,
  flight: null,
  cacheNow: 0,
  ...fields,
});
const holding = (version: number) => inspection({ value: { facts: facts(version) } as HomeInspection['value'] });
const flight = { epoch: 'e', factsFence: 0, estimateFence: 0, estimateFenceRoseAt: 0, lease: null, expiresAt: 1 };

test.each<[string, number | null, HomeInspection | null, string]>([
  ['older than the database', 3, holding(2), 'remove'],
  ['of the version of the database', 3, holding(3), 'keep'],
  ['newer than the database', 3, holding(4), 'keep'],
  ['nothing, and somebody fetches', 3, inspection({ flight }), 'fence'],
  ['nothing', 3, inspection(), 'nothing'],
  ['bytes that nobody can read', 3, inspection({ rejected: 'newer' }), 'unread'],
  ['a home that the database does not have', null, holding(2), 'unknown'],
  ['a home whose node is away', 3, null, 'away'],
])('%s', (_, version, found, effect) => {
  const known = new Map(version === null ? [] : [['p', facts(version)]]);
  expect(planInvalidation(['p'], known, [found])).toEqual([
    {
      propertyId: 'p',
      effect,
      databaseVersion: version,
      cachedVersion: found?.value?.facts.visibilityVersion ?? null,
    },
  ]);
});

test('a file of homes: each once, remarks and empty lines left out', () => {
  expect(parseHomes('# mine\np-1\n\n p-2 \np-1\n', 'homes.txt')).toEqual(['p-1', 'p-2']);
});

test.each([
  ['p-1\nhttp://x', 'PROPERTY_ID_INVALID', 'line 2 of homes.txt'],
  ['p-1\n\u001b[2J', 'PROPERTY_ID_INVALID', '\\u001b[2J'],
  ['# nobody\n', 'HOMES_INVALID', 'names no home'],
])('a file that is none is refused: %j', (text, code, message) => {
  expect(() => parseHomes(text, 'homes.txt')).toThrow(message);
  try {
    parseHomes(text, 'homes.txt');
  } catch (error) {
    expect((error as CliError).code).toBe(code);
  }
});

test('who is stopped between two batches says how many are left', async () => {
  const homes = Array.from({ length: 1_200 }, (_, at) => `p-${at}`);
  const stop = new AbortController();
  const asked: number[] = [];
  const catalog = {
    factsOf: async (ids: readonly string[]) => {
      asked.push(ids.length);
      stop.abort();
      return new Map(ids.map((id) => [id, facts(1)]));
    },
  };
  const cache = memoryEstimateCache({ clock: { now: () => 1_000 } });
  const work = invalidateHomes({ cache, catalog }, homes, {
    progress: createProgress(scriptedTerminal(), 'invalidate', homes.length),
    stopped: stop.signal,
  });
  await expect(work).rejects.toMatchObject({
    code: 'INVALIDATION_INCOMPLETE',
    message: expect.stringMatching(/^700 homes/),
  });
  expect(asked).toEqual([500]);
});

import { describe, expect, test } from '@jest/globals';
import type { Facts, WarmupCandidates } from '@porchlight/contracts';
import type { HomeInspection } from '@porchlight/estimate-cache';
import { createProgress } from '../terminal/progress.ts';
import { scriptedTerminal } from '../testing/scripted-terminal.ts';
import { planWarm, type WarmBudget, type WarmKnown, type WarmPlan } from './plan-warm.ts';
import { warmHomes } from './warm-homes.ts';
import { zipArea } from './zip-area.ts';

const NOW = 1_764_000_000_000;
const facts = (fields: Partial<Facts> = {}): Facts => ({
  visibilityVersion: 1,
  status: 'active',
  mlsId: null,
  overrideLevel: null,
  checkedAt: NOW,
  ...fields,
});
const holding = (propertyId: string, leftMs: number | null): HomeInspection => ({
  propertyId,
  value:
    leftMs === null
      ? null
      : ({
          acquiredAt: NOW + leftMs - 100_000,
          hardExpiryAt: NOW + leftMs,
          softExpiryAt: NOW,
        } as HomeInspection['value']),
  rejected: null,
  valueBytes: 0,
  flight: null,
  cacheNow: NOW,
});
const homes = (count: number, tile = '16/1/1') =>
  Array.from({ length: count }, (_, at) => ({ propertyId: `p-${tile}-${at}`, tile }));
const known = (all: readonly { propertyId: string }[]): WarmKnown => ({
  facts: new Map(all.map(({ propertyId }) => [propertyId, facts()])),
  rules: new Map(),
  found: new Map(all.map(({ propertyId }) => [propertyId, holding(propertyId, null)])),
});
const prices = { usdPerCall: 0.5, usdPerItem: 0.01 };
const noPrices = { usdPerCall: null, usdPerItem: null };
const unbounded: WarmBudget = { itemsMax: null, usdMax: null };

describe('the plan', () => {
  test('a record and a call for each hundred homes of a tile, and what they cost', () => {
    const all = [...homes(250), ...homes(1, '16/2/2')];
    const { chunks, cost } = planWarm(all, known(all), prices, unbounded);
    expect(chunks.map(({ tile, propertyIds }) => [tile, propertyIds.length])).toEqual([
      ['16/1/1', 100],
      ['16/1/1', 100],
      ['16/1/1', 50],
      ['16/2/2', 1],
    ]);
    expect(cost).toEqual({ homes: 251, calls: 4, items: 251, usd: 4.51 });
  });

  test('leaves out what need not or must not be paid for, and counts each', () => {
    const all = homes(6);
    const base = known(all);
    const [cached, ending, hidden, unknown, away] = all.map(({ propertyId }) => propertyId) as [
      string,
      string,
      string,
      string,
      string,
    ];
    const found = new Map(base.found)
      .set(cached, holding(cached, 20_000))
      .set(ending, holding(ending, 19_999))
      .set(away, null);
    const seen = new Map(base.facts).set(hidden, facts({ overrideLevel: 'nobody' }));
    seen.delete(unknown);
    const plan = planWarm(all, { ...base, facts: seen, found }, noPrices, unbounded);
    expect(plan.leftOut).toEqual({ cached: 1, hidden: 1, unknown: 1, away: 1, cut: 0 });
    expect(plan.chunks.flatMap(({ propertyIds }) => propertyIds)).toEqual([ending, 'p-16/1/1-5']);
    expect(plan.cost.usd).toBeNull();
  });

  test.each<[string, WarmBudget, number]>([
    ['of items', { itemsMax: 120, usdMax: null }, 120],
    ['of dollars: the second call is paid too', { itemsMax: null, usdMax: 2.2 }, 120],
    ['of dollars that the second call would pass', { itemsMax: null, usdMax: 2 }, 100],
    ['of nothing', { itemsMax: 0, usdMax: null }, 0],
  ])('ends at the budget %s', (_, budget, items) => {
    const all = homes(250);
    const { cost, leftOut } = planWarm(all, known(all), prices, budget);
    expect([cost.items, leftOut.cut]).toEqual([items, 250 - items]);
  });

  test('a budget in dollars without prices pays for nothing', () => {
    const all = homes(5);
    expect(planWarm(all, known(all), noPrices, { itemsMax: null, usdMax: 100 }).cost.items).toBe(0);
  });
});

describe('warming', () => {
  const planOf = (count: number): WarmPlan => {
    const all = homes(count);
    return planWarm(all, known(all), noPrices, unbounded);
  };
  /** A pipeline that fills what it is asked for, but what `loses` says. */
  const pipeline = (loses: (propertyId: string) => boolean) => {
    const cached = new Set<string>();
    const sent: WarmupCandidates[] = [];
    let now = NOW;
    const ports = {
      runId: 'run',
      now: () => now,
      sleep: async (ms: number) => void (now += ms),
      sender: {
        send: async (records: readonly WarmupCandidates[]) => {
          sent.push(...records);
          for (const id of records.flatMap(({ propertyIds }) => propertyIds)) if (!loses(id)) cached.add(id);
        },
      },
      inspector: {
        inspect: async (ids: readonly string[]) => ids.map((id) => holding(id, cached.has(id) ? 90_000 : null)),
      },
    };
    return { ports, sent };
  };
  const pace = { recordsAtOnce: 1, deadlineMs: 10_000 };
  const quiet = { progress: createProgress(scriptedTerminal(), 'warm', 1), stopped: new AbortController().signal };

  test('sends records of the contract, wave by wave, each with a deadline of its own', async () => {
    const { ports, sent } = pipeline(() => false);
    expect(await warmHomes(ports, planOf(150), pace, quiet)).toEqual({ warmed: 150, left: [], ended: 'all' });
    expect(sent.map(({ propertyIds, ...rest }) => ({ ...rest, homes: propertyIds.length }))).toEqual([
      {
        forecastId: 'run-0',
        strategy: 'operator',
        tile: '16/1/1',
        chunk: 0,
        probability: 1,
        viewedAt: NOW,
        deadlineAt: NOW + 10_000,
        homes: 100,
      },
      {
        forecastId: 'run-1',
        strategy: 'operator',
        tile: '16/1/1',
        chunk: 1,
        probability: 1,
        viewedAt: NOW + 250,
        deadlineAt: NOW + 10_250,
        homes: 50,
      },
    ]);
  });

  test('names what did not come, and goes on with the others', async () => {
    const { ports } = pipeline((id) => id === 'p-16/1/1-7');
    expect(await warmHomes(ports, planOf(150), pace, quiet)).toEqual({
      warmed: 149,
      left: ['p-16/1/1-7'],
      ended: 'all',
    });
  });

  test('asks for no more when nothing of a wave comes', async () => {
    const { ports, sent } = pipeline(() => true);
    const result = await warmHomes(ports, planOf(300), pace, quiet);
    expect([result.ended, result.warmed, result.left.length, sent.length]).toEqual(['stalled', 0, 300, 1]);
  });

  test('who is stopped is told what was not asked for', async () => {
    const { ports, sent } = pipeline(() => false);
    const stop = new AbortController();
    const send = async (records: readonly WarmupCandidates[]) => {
      await ports.sender.send(records);
      stop.abort();
    };
    const result = await warmHomes({ ...ports, sender: { send } }, planOf(250), pace, {
      ...quiet,
      stopped: stop.signal,
    });
    expect([result.ended, sent.length, result.left.length + result.warmed]).toEqual(['stopped', 1, 250]);
  });
});

describe('a ZIP code', () => {
  const square = (west: number, edge: number) => [
    [west, 0],
    [west + edge, 0],
    [west + edge, edge],
    [west, edge],
    [west, 0],
  ];
  const text = JSON.stringify({
    features: [
      { properties: { ZCTA5CE20: '98103' }, geometry: { type: 'Polygon', coordinates: [square(0, 10), square(4, 2)] } },
      {
        properties: { zip: '98104' },
        geometry: { type: 'MultiPolygon', coordinates: [[square(20, 1)], [square(30, 1)]] },
      },
    ],
  });

  test('has its homes inside, and none in a hole or next door', () => {
    const { bounds, contains } = zipArea(text, '98103', 'zips');
    expect(bounds).toEqual({ west: 0, south: 0, east: 10, north: 10 });
    const at = (longitude: number, latitude: number) => contains({ latitude, longitude });
    expect([at(1, 1), at(5, 1), at(9, 9), at(11, 5), at(-1, 5)]).toEqual([true, false, true, false, false]);
  });

  test('of several grounds has those of each', () => {
    const { contains } = zipArea(text, '98104', 'zips');
    expect([20.5, 25, 30.5].map((longitude) => contains({ latitude: 0.5, longitude }))).toEqual([true, false, true]);
  });

  test.each([
    ['{"features": 1}', '98103', 'FILE_UNREADABLE'],
    ['no json', '98103', 'FILE_UNREADABLE'],
    [text, '00000', 'REGION_INVALID'],
  ])('that cannot be found is refused: %j %s', (file, zip, code) => {
    let thrown: unknown;
    try {
      zipArea(file, zip, 'zips');
    } catch (error) {
      thrown = error;
    }
    expect(thrown).toMatchObject({ code });
  });
});

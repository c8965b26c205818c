import { beforeEach, describe, expect, test } from '@jest/globals';
import type { Facts } from '@porchlight/contracts';
import { memoryEstimateCache, type EstimateCache, type MemoryEstimateCache } from '@porchlight/estimate-cache';
import { SHADOW_BATCH_MAX, SHADOW_HOMES_MAX, ShadowComparison } from './shadow.ts';

const factsAt = (visibilityVersion: number, more: Partial<Facts> = {}): Facts => ({
  visibilityVersion,
  status: 'active',
  mlsId: 'm1',
  overrideLevel: null,
  checkedAt: 1,
  ...more,
});

let inner: MemoryEstimateCache;
let truths: Map<string, Facts>;
let counted: Map<string, number>;
let queries: number[];
let whileWaiting: () => Promise<void>;
let release: () => void;
let cache: EstimateCache;
let shadow: ShadowComparison;

const set = (percent: number, draws: () => number = () => 0.5): void => {
  shadow = new ShadowComparison({
    cache: inner,
    catalog: {
      async factsOf(ids) {
        queries.push(ids.length);
        return new Map(ids.flatMap((id) => (truths.has(id) ? [[id, truths.get(id) as Facts]] : [])));
      },
    },
    count: (outcome, homes) => void counted.set(outcome, (counted.get(outcome) ?? 0) + homes),
    random: draws,
    delay: () => whileWaiting(),
    percent,
  });
  cache = shadow.around(inner);
};
const store = async (propertyId: string, facts: Facts): Promise<void> => {
  const [won] = await inner.acquire([{ propertyId, nonce: 'n' }], 's');
  if (won?.outcome !== 'win') throw new Error('nobody else asks');
  await inner.fill([{ propertyId, class: 's', ticket: won.ticket, facts, estimate: null }]);
};
const outcomes = () => Object.fromEntries(counted);

beforeEach(() => {
  inner = memoryEstimateCache({ clock: { now: () => 1_000_000 } });
  [truths, counted, queries] = [new Map(), new Map(), []];
  whileWaiting = async () => {};
  release = () => {};
  set(100);
});

describe('a hit is compared with the primary:', () => {
  test.each([
    ['the same', factsAt(2), 'same'],
    ['the same version with another status', factsAt(2, { status: 'off_market' }), 'differs'],
    ['an older primary', factsAt(1), 'ahead'],
  ])('%s', async (_what, truth, outcome) => {
    await store('p1', factsAt(2));
    truths.set('p1', truth);
    await cache.read(['p1']);
    await shadow.settled();
    expect(outcomes()).toEqual({ [outcome]: 1 });
  });

  test('a home that the primary does not have', async () => {
    await store('p1', factsAt(2));
    await cache.read(['p1', 'not-cached']);
    await shadow.settled();
    expect(outcomes()).toEqual({ gone: 1 });
  });

  test('a newer primary, and the change arrives', async () => {
    await store('p1', factsAt(2));
    truths.set('p1', factsAt(3));
    whileWaiting = async () => void (await inner.invalidate([{ propertyId: 'p1', visibilityVersion: 3 }]));
    await cache.read(['p1']);
    await shadow.settled();
    expect(outcomes()).toEqual({ settled: 1 });
  });

  test('a newer primary, and the change does not arrive', async () => {
    await store('p1', factsAt(2));
    truths.set('p1', factsAt(3));
    await cache.read(['p1']);
    await shadow.settled();
    expect(outcomes()).toEqual({ behind: 1 });
  });
});

test('an answer waits for no comparison, and is the same', async () => {
  await store('p1', factsAt(2));
  truths.set('p1', factsAt(3));
  const hung = new Promise<void>((resolve) => void (release = resolve));
  whileWaiting = () => hung;
  expect(await cache.read(['p1', 'p2'])).toEqual(await inner.read(['p1', 'p2'])); // the comparison still hangs
  expect(outcomes()).toEqual({});
  release();
  await shadow.settled();
  expect(outcomes()).toEqual({ behind: 1 });
});

test('only its share of hits is compared', async () => {
  let draw = 0;
  set(10, () => (draw++ % 10) / 10);
  const ids = Array.from({ length: 50 }, (_, i) => `p${i}`);
  for (const id of ids) {
    await store(id, factsAt(1));
    truths.set(id, factsAt(1));
  }
  await cache.read(ids);
  await shadow.settled();
  expect(outcomes()).toEqual({ same: 5 });
});

test('what waits is bounded, and what is above the bound is counted; a query takes a batch', async () => {
  const ids = Array.from({ length: SHADOW_HOMES_MAX + 20 }, (_, i) => `p${i}`);
  for (const id of ids) {
    await store(id, factsAt(1));
    truths.set(id, factsAt(1));
  }
  await cache.read(ids);
  await shadow.settled();
  expect(outcomes()).toEqual({ dropped: 20, same: SHADOW_HOMES_MAX });
  expect(queries).toEqual(Array.from({ length: SHADOW_HOMES_MAX / SHADOW_BATCH_MAX }, () => SHADOW_BATCH_MAX));
});

test('a database that does not answer is counted, and disturbs nobody', async () => {
  await store('p1', factsAt(1));
  whileWaiting = () => Promise.reject(new Error('down'));
  truths.set('p1', factsAt(2));
  expect(await cache.read(['p1'])).toHaveLength(1);
  await shadow.settled();
  expect(outcomes()).toEqual({ failed: 1 });
});

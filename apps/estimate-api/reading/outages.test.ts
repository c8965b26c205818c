import { describe, expect, test } from '@jest/globals';
import { CacheUnavailable } from '@porchlight/estimate-cache';
import {
  SourceBroken,
  SourceOverBudget,
  SourceOverloaded,
  SourcePaused,
  SourceUnavailable,
} from '@porchlight/estimate-source';
import { benchOfOneHome, estimateOf, jsonOfValue, settle, shown } from '../testing/reading-bench.ts';

const VALUE = jsonOfValue(500_000);

test('a Redis that says that a home is cached, and cannot be read, is asked as seldom as one waits for others', async () => {
  const { read, plant, beforeCache, clock, counted } = benchOfOneHome();
  await plant('p1');
  const failing = (): never => {
    throw new CacheUnavailable('only reads fail');
  };
  Object.assign(beforeCache, { read: failing });
  const answer = read('p1', { deadlineMs: 1_000 });
  await clock.advance(1_000);
  expect(shown(await answer)).toEqual(['p1 pending']);
  // At once, once more, then after 10, 20, 40 and every 100 ms.
  expect(counted['lease:hit']).toBe(2 + 3 + 9);
});

describe('an upstream that fails', () => {
  test('costs pending, leaves a back-off lease, and is asked again after it', async () => {
    const { read, clock, source, counted } = benchOfOneHome();
    source.failNext(new SourceUnavailable('a test'));
    expect(shown(await read('p1', { deadlineMs: 100 }))).toEqual(['p1 pending']);
    const second = read('p1', { deadlineMs: 100 });
    await clock.advance(100);
    expect([shown(await second), source.calls.length]).toEqual([['p1 pending'], 1]);
    await clock.advance(500);
    expect(shown(await read('p1'))).toEqual([`p1 available ${VALUE}`]);
    expect(counted['call:SOURCE_UNAVAILABLE:sync']).toBe(1);
  });

  test.each([
    ['no room', new SourceOverloaded('a test')],
    ['a pause', new SourcePaused(1_000)],
    ['an open breaker', new SourceBroken()],
    ['a budget that is used up', new SourceOverBudget('items')],
  ])('that was not even asked (%s) costs pending at once, and leaves no back-off', async (_why, error) => {
    const { read, clock, source } = benchOfOneHome();
    const askedAt = clock.now();
    source.failNext(error);
    expect([shown(await read('p1')), clock.now()]).toEqual([['p1 pending'], askedAt]);
    expect(shown(await read('p1'))).toEqual([`p1 available ${VALUE}`]);
  });

  test('still tells a viewer who may not see the value why', async () => {
    const { read, home, source } = benchOfOneHome();
    home('p2', { overrideLevel: 'agent' });
    source.failAlways(new SourceUnavailable('a test'));
    expect(shown(await read('p2', { role: 'verified' }))).toEqual(['p2 restricted agent']);
  });
});

describe('a database that fails', () => {
  test('misses are pending, nothing is paid, hits are served', async () => {
    const { read, home, catalog, source } = benchOfOneHome();
    await read('p1');
    home('p2');
    catalog.setUnavailable(true);
    expect(shown(await read(['p1', 'p2']))).toEqual([`p1 available ${VALUE}`, 'p2 pending']);
    expect(source.calls).toEqual([['p1']]);
  });

  test('that is slow leaves its call what is left of the lease, and no call where that is too little', async () => {
    const { read, clock, home, source, beforeCatalog } = benchOfOneHome();
    for (const id of ['p2', 'p3']) {
      home(id);
      source.set(id, estimateOf(1));
    }
    const timeouts: (number | undefined)[] = [];
    const fetch = source.fetch.bind(source);
    source.fetch = (ids, options) => (timeouts.push(options?.timeoutMs), fetch(ids, options));
    const factsTake = (ms: number) =>
      Object.assign(beforeCatalog, { factsOf: () => new Promise<void>((resolve) => void clock.after(ms, resolve)) });
    const answerAfter = async (id: string, ms: number) => {
      factsTake(ms);
      const answer = read(id, { deadlineMs: 5_000 });
      await settle();
      await clock.advance(ms);
      return shown(await answer);
    };
    expect(await answerAfter('p1', 400)).toEqual([`p1 available ${VALUE}`]);
    expect(await answerAfter('p2', 1_100)).toEqual([`p2 available ${VALUE}`]);
    expect(await answerAfter('p3', 1_101)).toEqual(['p3 pending']);
    expect([timeouts, source.calls]).toEqual([
      [800, 100],
      [['p1'], ['p2']],
    ]);
  });

  test('hits whose facts are older than factsTtlMs are unavailable until it is back', async () => {
    const { read, plant, catalog, counted } = benchOfOneHome();
    await plant('p1', { checkedAgoMs: 300_001 });
    catalog.setUnavailable(true);
    expect(shown(await read('p1'))).toEqual(['p1 unavailable']);
    catalog.setUnavailable(false);
    expect(shown(await read('p1'))).toEqual([`p1 available ${VALUE}`]);
    expect(counted).toEqual({ 'check:refused': 1, 'check:same': 1 });
  });

  test('that fails between ACQUIRE and the answer of a refused fill leaves nothing to show safely', async () => {
    const { read, cache, catalog, beforeCache, counted } = benchOfOneHome();
    Object.assign(beforeCache, {
      fill: async () => {
        await cache.invalidate([{ propertyId: 'p1', visibilityVersion: 1 }]);
        catalog.setUnavailable(true);
      },
    });
    expect(shown(await read('p1'))).toEqual(['p1 unavailable']);
    expect(counted['fill:epoch']).toBe(1);
  });
});

describe('Redis that does not answer', () => {
  test('a bounded trickle fetches for its own caller, facts first; the rest is pending and nothing is stored', async () => {
    const { read, home, cache, source, counted } = benchOfOneHome({ limits: { tricklesMax: 1 } });
    cache.faults.unavailable = true;
    home('p2', { overrideLevel: 'agent' });
    const letGo = source.hold();
    const first = read(['p1', 'p2', 'ghost'], { role: 'verified' });
    await settle();
    expect(shown(await read('p1'))).toEqual(['p1 pending']);
    letGo();
    expect(shown(await first)).toEqual([`p1 available ${VALUE}`, 'p2 restricted agent', 'ghost unknown']);
    expect(source.calls).toEqual([['p1']]);
    cache.faults.unavailable = false;
    expect(await cache.read(['p1'])).toEqual([null]);
    expect(counted['call:ok:trickle']).toBe(1);
  });

  test('a trickle stays one when upstream is quick: so many calls a second, whatever is asked', async () => {
    const { read, clock, cache, source } = benchOfOneHome({ limits: { tricklesPerSMax: 3 } });
    cache.faults.unavailable = true;
    const statuses = async () =>
      (await Promise.all(Array.from({ length: 4 }, () => read('p1')))).map(([one]) => one?.status);
    expect([await statuses(), await statuses()]).toEqual([
      ['available', 'available', 'available', 'pending'],
      ['pending', 'pending', 'pending', 'pending'],
    ]);
    await clock.advance(1_000);
    expect(await statuses()).toEqual(['available', 'available', 'available', 'pending']);
    expect(source.calls).toHaveLength(6);
  });

  test('with the database down too, everything is pending', async () => {
    const { read, cache, catalog, source } = benchOfOneHome();
    cache.faults.unavailable = true;
    catalog.setUnavailable(true);
    expect([shown(await read('p1')), source.calls]).toEqual([['p1 pending'], []]);
  });

  test('with upstream down too, the facts still decide', async () => {
    const { read, home, cache, source } = benchOfOneHome();
    home('p2', { overrideLevel: 'nobody' });
    cache.faults.unavailable = true;
    source.failAlways(new SourceUnavailable('a test'));
    expect(shown(await read(['p1', 'p2']))).toEqual(['p1 pending', 'p2 withheld']);
  });
});

describe('a node of Redis that does not answer', () => {
  test('costs its own homes a trickle; those of the others are leased, filled and hits', async () => {
    const { read, home, cache, source, counted } = benchOfOneHome();
    home('p2');
    source.set('p2', estimateOf(1));
    cache.faults.lostHomes = new Set(['p2']);
    expect(shown(await read(['p1', 'p2']))).toEqual([`p1 available ${VALUE}`, `p2 available ${VALUE}`]);
    expect(counted).toEqual({
      'lease:win': 1,
      'lease:failed': 1,
      'call:ok:sync': 1,
      'call:ok:trickle': 1,
      'fill:ok': 1,
    });
    cache.faults.lostHomes = new Set();
    expect((await cache.read(['p1', 'p2'])).map((value) => value?.propertyId ?? null)).toEqual(['p1', null]);
  });

  test('that is lost between ACQUIRE and FILL leaves only its own homes unfilled, and they are answered all the same', async () => {
    const { read, home, cache, source, counted } = benchOfOneHome();
    home('p2');
    source.set('p2', estimateOf(1));
    const letGo = source.hold();
    const answer = read(['p1', 'p2']);
    await settle();
    cache.faults.lostHomes = new Set(['p2']);
    letGo();
    expect(shown(await answer)).toEqual([`p1 available ${VALUE}`, `p2 available ${VALUE}`]);
    expect([counted['fill:ok'], counted['fill:failed']]).toEqual([1, 1]);
  });
});

import { describe, expect, test } from '@jest/globals';
import { benchOfOneHome, estimateOf, jsonOfValue, raiseFactsFence, shown } from '../testing/reading-bench.ts';

const VALUE = jsonOfValue(500_000);

describe('a fill that is refused', () => {
  test('BEHIND: the facts once more, and FILL again under the same ticket', async () => {
    const { read, cache, catalog, beforeCache, source, counted } = benchOfOneHome();
    let isFirst = true;
    Object.assign(beforeCache, {
      // The change is committed and applied after the facts were read; the epoch is then another, so keep it: fence only.
      fill: async () => {
        if (!isFirst) return;
        isFirst = false;
        await catalog.setOverride('p1', 'verified');
        raiseFactsFence(cache, 'p1', 2);
      },
    });
    expect(shown(await read('p1', { role: 'agent' }))).toEqual([`p1 available ${VALUE}`]);
    expect([counted['fill:behind'], counted['fill:ok'], source.calls.length]).toEqual([1, 1, 1]);
    expect(shown(await read('p1', { role: 'registered' }))).toEqual(['p1 restricted verified']);
  });

  test('BEHIND twice with a primary that has no newer facts: unavailable and an alert, nothing is stored', async () => {
    const { read, cache, beforeCache, alerts, counted } = benchOfOneHome();
    Object.assign(beforeCache, { fill: () => raiseFactsFence(cache, 'p1', 9) });
    expect(shown(await read('p1'))).toEqual(['p1 unavailable']);
    expect([alerts, counted['fill:behind'], await cache.read(['p1'])]).toEqual([['FACTS_BEHIND_FENCE'], 2, [null]]);
  });

  test('EPOCH: the facts are read again, the answer is given under them, and nothing is stored', async () => {
    const { read, cache, catalog, beforeCache, source, counted } = benchOfOneHome();
    Object.assign(beforeCache, {
      fill: async () => {
        await catalog.setOverride('p1', 'agent');
        await cache.invalidate([{ propertyId: 'p1', visibilityVersion: 2 }]);
      },
    });
    expect(shown(await read('p1', { role: 'verified' }))).toEqual(['p1 restricted agent']);
    expect([counted['fill:behind'], counted['fill:epoch'], source.calls.length]).toEqual([undefined, 1, 1]);
    expect(await cache.read(['p1'])).toEqual([null]);
  });

  test('EPOCH at once, since the flight was evicted: the fetched value is the answer, and nothing is stored', async () => {
    const { read, cache, beforeCache, counted } = benchOfOneHome();
    Object.assign(beforeCache, { fill: () => cache.evict('p1', 'flight') });
    expect(shown(await read('p1'))).toEqual([`p1 available ${VALUE}`]);
    expect([counted['fill:epoch'], await cache.read(['p1'])]).toEqual([1, [null]]);
  });

  test('BELOW: a revaluation overtook the fetch; the answer stands, and nothing is stored', async () => {
    const { read, cache, beforeCache, counted } = benchOfOneHome();
    Object.assign(beforeCache, {
      fill: () => cache.update([{ propertyId: 'p1', estimateVersion: 5, estimate: null }]),
    });
    expect(shown(await read('p1'))).toEqual([`p1 available ${VALUE}`]);
    expect([counted['fill:below'], await cache.read(['p1'])]).toEqual([1, [null]]);
  });

  test('no reply: answered under facts that are read again', async () => {
    const { read, cache, catalog, beforeCache, counted } = benchOfOneHome();
    Object.assign(beforeCache, {
      fill: async () => {
        await catalog.setOverride('p1', 'verified');
        cache.faults.unavailable = true;
      },
    });
    expect(shown(await read('p1', { role: 'registered' }))).toEqual(['p1 restricted verified']);
    expect(counted['fill:failed']).toBe(1);
  });

  test('OLDER: somebody stored a newer estimate meanwhile, and that is the answer', async () => {
    const { read, cache, clock, beforeCache, counted } = benchOfOneHome();
    Object.assign(beforeCache, {
      fill: async () => {
        delete (beforeCache as { fill?: unknown }).fill;
        await clock.advance(1_501); // the lease has ended
        const [other] = await cache.acquire([{ propertyId: 'p1', nonce: 'other' }], 's');
        if (other?.outcome !== 'win') throw new Error('the lease should have ended');
        const facts = { visibilityVersion: 1, status: 'active', mlsId: null, overrideLevel: null } as const;
        const later = { ...facts, checkedAt: clock.now() };
        const estimate = estimateOf(7, 700_000);
        await cache.fill([{ propertyId: 'p1', class: 's', ticket: other.ticket, facts: later, estimate }]);
      },
    });
    expect(shown(await read('p1', { deadlineMs: 5_000 }))).toEqual([`p1 available ${jsonOfValue(700_000)}`]);
    expect(counted['fill:older']).toBe(1);
  });

  test('facts that are older than the fence at ACQUIRE: unavailable, an alert, and nothing is paid', async () => {
    const { read, cache, catalog, source, alerts, beforeCatalog } = benchOfOneHome();
    Object.assign(beforeCatalog, { factsOf: () => undefined });
    await cache.acquire([{ propertyId: 'p1', nonce: 'other' }], 'w');
    raiseFactsFence(cache, 'p1', 4);
    expect(await catalog.factsOf(['p1'])).toBeDefined();
    expect(shown(await read('p1'))).toEqual(['p1 unavailable']);
    expect([source.calls, alerts]).toEqual([[], ['FACTS_BEHIND_FENCE']]);
  });
});

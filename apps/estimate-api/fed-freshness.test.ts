import { expect, test } from '@jest/globals';
import { defaultEstimateFeedPolicy } from '@porchlight/estimate-cache';
import { estimateFeedOf } from './fed-freshness.ts';
import { benchOfOneHome, estimateOf, jsonOfValue, settle, shown } from './testing/reading-bench.ts';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const [OLD, NEW] = [jsonOfValue(500_000), jsonOfValue(600_000)];

/** `p1` was fetched, and is revalued; nothing is said of it in the topic yet. */
async function bench(status: 'active' | 'off_market' = 'active') {
  const topic = { lagMs: 0 };
  const all = benchOfOneHome(
    { estimateFeed: { policy: defaultEstimateFeedPolicy, untilAt: () => all.clock.now() - topic.lagMs } },
    { status },
  );
  await all.read('p1');
  all.source.set('p1', estimateOf(2, 600_000));
  const readAfter = async (ms: number) => {
    await all.clock.advance(ms);
    const answer = shown(await all.read('p1'));
    await settle();
    return answer;
  };
  return { ...all, topic, readAfter };
}

test('while the topic runs an estimate of 20 hours is served, and nothing is paid for it', async () => {
  const { readAfter, source } = await bench();
  expect(await readAfter(20 * HOUR_MS)).toEqual([`p1 available ${OLD}`]);
  expect(source.calls).toEqual([['p1']]);
});

test('from 85 % of its day on it is refreshed, whatever the topic says', async () => {
  const { readAfter, source } = await bench();
  await readAfter(20.4 * HOUR_MS);
  expect(source.calls).toEqual([['p1'], ['p1']]);
});

test('once the topic is late by more than five minutes, what is older than it could be without it is served and refreshed, once', async () => {
  const { readAfter, source, topic } = await bench();
  topic.lagMs = 5 * MINUTE_MS;
  expect(await readAfter(5 * MINUTE_MS)).toEqual([`p1 available ${OLD}`]);
  expect(source.calls).toHaveLength(1);
  topic.lagMs += 1;
  expect(await readAfter(0)).toEqual([`p1 available ${OLD}`]);
  expect(await readAfter(0)).toEqual([`p1 available ${NEW}`]);
  expect(await readAfter(5 * MINUTE_MS - 1)).toEqual([`p1 available ${NEW}`]);
  expect(source.calls).toHaveLength(2);
  await readAfter(1);
  expect(source.calls).toHaveLength(3);
});

test('a home that is off the market may be four hours old then', async () => {
  const { readAfter, source, topic } = await bench('off_market');
  topic.lagMs = Infinity;
  await readAfter(4 * HOUR_MS - 1);
  expect(source.calls).toHaveLength(1);
  await readAfter(1);
  expect(source.calls).toHaveLength(2);
});

test('a viewer who may not see the value does not refresh it for a late topic either', async () => {
  const { clock, read, home, source, topic } = await bench();
  home('p2', { overrideLevel: 'agent' });
  source.set('p2', estimateOf(1));
  await read('p2', { role: 'agent' });
  topic.lagMs = Infinity;
  await clock.advance(5 * MINUTE_MS);
  expect(shown(await read('p2', { role: 'verified' }))).toEqual(['p2 restricted agent']);
  await settle();
  expect(source.calls).toEqual([['p1'], ['p2']]);
});

test('it takes the TTLs of the configuration, and is not there without FRESHNESS=events', () => {
  const knobs = { ESTIMATE_TTL_ACTIVE_MS: 1, ESTIMATE_TTL_OFF_MARKET_MS: 2, ESTIMATES_LATE_MS: 3 };
  const known = { untilAt: () => 0, clocksNow: () => ({ databaseNow: 0, cacheNow: 0 }) };
  expect(estimateFeedOf({ ...knobs, FRESHNESS: 'ttl' }, known)).toBeNull();
  expect(estimateFeedOf({ ...knobs, FRESHNESS: 'events' }, known)?.policy).toEqual({
    unfedTtlActiveMs: 1,
    unfedTtlOffMarketMs: 2,
    lagMaxMs: 3,
  });
});

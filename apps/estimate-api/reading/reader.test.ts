import { describe, expect, test } from '@jest/globals';
import type { Role } from '@porchlight/visibility';
import { benchOfOneHome, estimateOf, jsonOfValue, settle, shown } from '../testing/reading-bench.ts';

const VALUE = jsonOfValue(500_000);

describe('a miss', () => {
  test('is fetched, filled, and a hit the next time', async () => {
    const { read, source, counted } = benchOfOneHome();
    expect((await read('p1')).map(({ source: from }) => from)).toEqual(['miss']);
    const [again] = await read('p1');
    expect([again?.source, ...shown(again === undefined ? [] : [again])]).toEqual(['hit', `p1 available ${VALUE}`]);
    expect(source.calls).toEqual([['p1']]);
    expect(counted).toEqual({ 'lease:win': 1, 'call:ok:sync': 1, 'fill:ok': 1 });
  });

  test('of a home that upstream has no estimate for is none, and stays none without another call', async () => {
    const { read, home, source } = benchOfOneHome();
    home('empty');
    expect(shown(await read('empty'))).toEqual(['empty none']);
    expect(shown(await read('empty'))).toEqual(['empty none']);
    expect(source.calls).toEqual([['empty']]);
  });

  test('of a home that does not exist is unknown, costs nothing and leaves nothing in the cache', async () => {
    const { read, source, cache } = benchOfOneHome();
    expect(shown(await read(['p1', 'ghost']))).toEqual([`p1 available ${VALUE}`, 'ghost unknown']);
    expect(source.calls).toEqual([['p1']]);
    expect(cache.stateOf('ghost')).toEqual({ value: null, flight: null });
  });

  test('answers come in the order asked, one that is asked for twice comes twice', async () => {
    const { read, home, source, counted } = benchOfOneHome();
    for (const id of ['p2', 'p3']) {
      home(id);
      source.set(id, estimateOf(1));
    }
    expect((await read(['p3', 'p1', 'p3', 'p2'])).map(({ propertyId }) => propertyId)).toEqual([
      'p3',
      'p1',
      'p3',
      'p2',
    ]);
    expect([source.calls, counted['lease:win'], counted['lease:wait']]).toEqual([[['p3', 'p1', 'p2']], 3, undefined]);
  });

  test('of 250 homes is three calls of at most 100, side by side, after one statement for the facts', async () => {
    const { read, home, source, beforeCatalog } = benchOfOneHome();
    const ids = Array.from({ length: 250 }, (_, at) => `h${at}`);
    const statements: number[] = [];
    Object.assign(beforeCatalog, { factsOf: (asked: string[]) => void statements.push(asked.length) });
    for (const id of ids) {
      home(id);
      source.set(id, estimateOf(1));
    }
    const results = await read(ids);
    expect(results.map(({ status }) => status)).toEqual(ids.map(() => 'available'));
    expect(source.calls.map((call) => call.length)).toEqual([100, 100, 50]);
    expect(statements).toEqual([250]);
  });
});

describe('who may see', () => {
  test('a viewer who may not see a value never causes a paid call, and the lease is free at once', async () => {
    const { read, home, source, cache } = benchOfOneHome();
    home('hidden', { overrideLevel: 'agent' });
    source.set('hidden', estimateOf(1));
    expect(shown(await read('hidden', { role: 'registered' }))).toEqual(['hidden restricted agent']);
    expect(source.calls).toEqual([]);
    expect(cache.stateOf('hidden').flight?.lease ?? null).toBeNull();
    expect(shown(await read('hidden', { role: 'agent' }))).toEqual([`hidden available ${VALUE}`]);
  });

  test('a cached value is withheld, restricted or shown by the facts beside it', async () => {
    const { read, home, source, catalog, cache } = benchOfOneHome();
    home('p2', { overrideLevel: 'verified' });
    source.set('p2', estimateOf(1));
    await read(['p1', 'p2']);
    const roles: Role[] = ['unregistered', 'registered', 'verified', 'agent'];
    const seen = await Promise.all(roles.map(async (role) => shown(await read('p2', { role }))));
    expect(seen.flat()).toEqual([
      'p2 restricted verified',
      'p2 restricted verified',
      `p2 available ${VALUE}`,
      `p2 available ${VALUE}`,
    ]);
    await catalog.setOverride('p2', 'nobody');
    await cache.invalidate([{ propertyId: 'p2', visibilityVersion: 3 }]);
    expect(shown(await read('p2'))).toEqual(['p2 withheld']);
    expect(source.calls).toEqual([['p1', 'p2']]);
  });

  test('a refused result carries no byte of the value', async () => {
    const { read, home, source } = benchOfOneHome();
    home('p2', { overrideLevel: 'agent' });
    source.set('p2', estimateOf(1, 123_456));
    await read('p2', { role: 'agent' });
    for (const role of ['unregistered', 'registered', 'verified'] as const) {
      expect((await read('p2', { role })).map(({ estimateJson }) => estimateJson)).toEqual([null]);
    }
  });

  test('a rule that turned stricter while a fetch was under way counts: it is looked up after the last await', async () => {
    const { read, home, rule, source } = benchOfOneHome();
    await rule({ mlsId: 'm1', ruleVersion: 1, activeLevel: 'unregistered', offMarketLevel: 'unregistered' });
    home('p2', { mlsId: 'm1' });
    source.set('p2', estimateOf(1));
    const letGo = source.hold();
    const answer = read('p2', { role: 'registered' });
    await settle();
    expect(source.open()).toBe(1);
    await rule({ mlsId: 'm1', ruleVersion: 2, activeLevel: 'agent', offMarketLevel: 'agent' });
    letGo();
    expect(shown(await answer)).toEqual(['p2 restricted agent']);
  });

  test('a copy of the rules that is too old decides nothing: unavailable, hits and misses alike, and nothing is paid', async () => {
    const { read, home, rules, source } = benchOfOneHome();
    await read('p1');
    home('p2');
    rules.usable = false;
    expect(shown(await read(['p1', 'p2', 'ghost']))).toEqual(['p1 unavailable', 'p2 unavailable', 'ghost unknown']);
    expect(source.calls).toEqual([['p1']]);
  });
});

test('a bug in the read path is reported, nobody waits for ever, and nothing is shown', async () => {
  const { read, cache, reader, unplanned, beforeCache, source } = benchOfOneHome();
  Object.assign(beforeCache, { fill: () => cache.evict('p1', 'flight') });
  source.set('p1', { ...estimateOf(1), valueUsd: 0.5 }); // refused by jsonOf, which must not happen
  cache.fill = async () => [{ outcome: 'epoch' }];
  expect(shown(await read('p1'))).toEqual(['p1 pending']);
  await reader.settled();
  expect(unplanned.map((error) => (error as { code: string }).code)).toEqual(['BAD_CACHE_ENTRY']);
});

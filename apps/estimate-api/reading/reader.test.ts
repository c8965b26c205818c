import { describe, expect, test } from '@jest/globals';
import { SourceOverloaded, SourceUnavailable } from '@porchlight/estimate-source';
import type { Role } from '@porchlight/visibility';
import { CACHE_READ_MIN_MS } from './limits.ts';
import { createReadingBench, estimateOf, jsonOfValue, settle, shown } from '../testing/reading-bench.ts';

const VALUE = jsonOfValue(500_000);

/** A home that upstream knows. */
function bench(options: Parameters<typeof createReadingBench>[0] = {}) {
  const all = createReadingBench(options);
  all.home('p1');
  all.source.set('p1', estimateOf(1));
  return all;
}

describe('a miss', () => {
  test('is fetched, filled, and a hit the next time', async () => {
    const { read, source, counted } = bench();
    expect((await read('p1')).map(({ source: from }) => from)).toEqual(['miss']);
    const [again] = await read('p1');
    expect([again?.source, ...shown(again === undefined ? [] : [again])]).toEqual(['hit', `p1 available ${VALUE}`]);
    expect(source.calls).toEqual([['p1']]);
    expect(counted).toEqual({ 'lease:win': 1, 'call:ok:sync': 1, 'fill:ok': 1 });
  });

  test('of a home that upstream has no estimate for is none, and stays none without another call', async () => {
    const { read, home, source } = bench();
    home('empty');
    expect(shown(await read('empty'))).toEqual(['empty none']);
    expect(shown(await read('empty'))).toEqual(['empty none']);
    expect(source.calls).toEqual([['empty']]);
  });

  test('of a home that does not exist is unknown, costs nothing and leaves nothing in the cache', async () => {
    const { read, source, cache } = bench();
    expect(shown(await read(['p1', 'ghost']))).toEqual([`p1 available ${VALUE}`, 'ghost unknown']);
    expect(source.calls).toEqual([['p1']]);
    expect(cache.stateOf('ghost')).toEqual({ value: null, flight: null });
  });

  test('answers come in the order asked, one that is asked for twice comes twice', async () => {
    const { read, home, source, counted } = bench();
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
    const { read, home, source, beforeCatalog } = bench();
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
    const { read, home, source, cache } = bench();
    home('hidden', { overrideLevel: 'agent' });
    source.set('hidden', estimateOf(1));
    expect(shown(await read('hidden', { role: 'registered' }))).toEqual(['hidden restricted agent']);
    expect(source.calls).toEqual([]);
    expect(cache.stateOf('hidden').flight?.lease ?? null).toBeNull();
    expect(shown(await read('hidden', { role: 'agent' }))).toEqual([`hidden available ${VALUE}`]);
  });

  test('a cached value is withheld, restricted or shown by the facts beside it', async () => {
    const { read, home, source, catalog, cache } = bench();
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
    const { read, home, source } = bench();
    home('p2', { overrideLevel: 'agent' });
    source.set('p2', estimateOf(1, 123_456));
    await read('p2', { role: 'agent' });
    for (const role of ['unregistered', 'registered', 'verified'] as const) {
      expect((await read('p2', { role })).map(({ estimateJson }) => estimateJson)).toEqual([null]);
    }
  });

  test('a rule that turned stricter while a fetch was under way counts: it is looked up after the last await', async () => {
    const { read, home, rule, source } = bench();
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
    const { read, home, rules, source } = bench();
    await read('p1');
    home('p2');
    rules.usable = false;
    expect(shown(await read(['p1', 'p2', 'ghost']))).toEqual(['p1 unavailable', 'p2 unavailable', 'ghost unknown']);
    expect(source.calls).toEqual([['p1']]);
  });
});

describe('the deadline', () => {
  test('a slow upstream costs pending, and the fetch goes on and fills the cache', async () => {
    const { read, clock, source, reader } = bench();
    const letGo = source.hold();
    const answer = read('p1', { deadlineMs: 250 });
    await clock.advance(250);
    expect(shown(await answer)).toEqual(['p1 pending']);
    expect(reader.inFlight()).toBe(1);
    letGo();
    await reader.settled();
    expect(shown(await read('p1', { deadlineMs: 0 }))).toEqual([`p1 available ${VALUE}`]);
    expect([reader.inFlight(), source.calls]).toEqual([0, [['p1']]]);
  });

  test('hits of the same question are there whatever the misses do', async () => {
    const { read, home, clock, source } = bench();
    await read('p1');
    home('p2');
    source.hold();
    const answer = read(['p2', 'p1'], { deadlineMs: 50 });
    await clock.advance(50);
    expect(shown(await answer)).toEqual(['p2 pending', `p1 available ${VALUE}`]);
  });

  test('deadlineMs 0 is the cache alone: no lease, no facts, no call', async () => {
    const { read, source, counted } = bench();
    expect(shown(await read('p1', { deadlineMs: 0 }))).toEqual(['p1 pending']);
    await settle();
    expect([source.calls, counted]).toEqual([[], {}]);
  });

  test('whoever may not see a home is told so by the deadline, although the fetch of somebody who may still goes on', async () => {
    const { read, home, clock, source } = bench();
    home('p2', { overrideLevel: 'agent' });
    source.set('p2', estimateOf(1));
    const letGo = source.hold();
    const paying = read('p2', { role: 'agent' });
    await settle();
    const joined = read('p2', { role: 'unregistered', deadlineMs: 50 });
    await clock.advance(50);
    expect(shown(await joined)).toEqual(['p2 restricted agent']);
    letGo();
    expect(shown(await paying)).toEqual([`p2 available ${VALUE}`]);
    expect(source.calls).toEqual([['p2']]);
  });

  test('whoever waits for a lease that has ended elsewhere is told the facts too, before the fetch is there', async () => {
    const { read, home, cache, clock, source } = bench();
    home('p2', { overrideLevel: 'agent' });
    source.set('p2', estimateOf(1));
    source.hold();
    await cache.acquire([{ propertyId: 'p2', nonce: 'a process that died' }], 's');
    const paying = read('p2', { role: 'agent', deadlineMs: 3_000 });
    await settle();
    const joined = read('p2', { role: 'unregistered', deadlineMs: 2_000 });
    await clock.advance(3_000);
    expect([shown(await paying), shown(await joined)]).toEqual([['p2 pending'], ['p2 restricted agent']]);
  });

  test('a Redis that hangs costs no more than the deadline, and what it says later is still fetched', async () => {
    const { read, clock, source, beforeCache, reader } = bench();
    let open: () => void = () => undefined;
    Object.assign(beforeCache, { read: () => new Promise<void>((resolve) => (open = resolve)) });
    const answer = read('p1', { deadlineMs: 250 });
    await clock.advance(250);
    expect(shown(await answer)).toEqual(['p1 pending']);
    open();
    await reader.settled();
    expect(source.calls).toEqual([['p1']]);
  });

  test('deadlineMs 0 gives the cache its least time, and then asks nobody', async () => {
    const { read, clock, source, plant, beforeCache, reader } = bench();
    await plant('p1');
    let open: () => void = () => undefined;
    Object.assign(beforeCache, { read: () => new Promise<void>((resolve) => (open = resolve)) });
    const [slow, silent] = [read('p1', { deadlineMs: 0 }), read('p1', { deadlineMs: 0 })];
    await clock.advance(CACHE_READ_MIN_MS - 1);
    open(); // the second of the two
    expect(shown(await silent)).toEqual([`p1 available ${VALUE}`]);
    await clock.advance(1);
    expect(shown(await slow)).toEqual(['p1 pending']);
    await reader.settled();
    expect(source.calls).toEqual([]);
  });

  test('a Redis that fails after the deadline costs nothing: the fetch could be kept by nobody', async () => {
    const { read, clock, cache, source, beforeCache, reader } = bench();
    let fail: () => void = () => undefined;
    const hang = () => new Promise<void>((_, reject) => (fail = () => reject(new Error('no reply'))));
    Object.assign(beforeCache, { read: hang });
    const unread = read('p1', { deadlineMs: 200 });
    await clock.advance(200);
    expect(shown(await unread)).toEqual(['p1 pending']);
    cache.faults.unavailable = true;
    fail();
    await reader.settled();
    Object.assign(beforeCache, { read: undefined, acquire: hang });
    const unleased = read('p1', { deadlineMs: 200 });
    await clock.advance(200);
    expect(shown(await unleased)).toEqual(['p1 pending']);
    fail();
    await reader.settled();
    expect(source.calls).toEqual([]);
  });

  test('an answer that is complete early does not wait for the deadline', async () => {
    const { read, clock } = bench();
    const before = clock.now();
    await read('p1', { deadlineMs: 5_000 });
    expect([clock.now() - before, clock.nextAt]).toEqual([0, null]);
  });
});

describe('an upstream that fails', () => {
  test('costs pending, leaves a back-off lease, and is asked again after it', async () => {
    const { read, clock, source, counted } = bench();
    source.failNext(new SourceUnavailable('a test'));
    expect(shown(await read('p1', { deadlineMs: 100 }))).toEqual(['p1 pending']);
    const second = read('p1', { deadlineMs: 100 });
    await clock.advance(100);
    expect([shown(await second), source.calls.length]).toEqual([['p1 pending'], 1]);
    await clock.advance(500);
    expect(shown(await read('p1'))).toEqual([`p1 available ${VALUE}`]);
    expect(counted['call:SOURCE_UNAVAILABLE:sync']).toBe(1);
  });

  test('that was not even asked leaves no back-off: the next one may ask at once', async () => {
    const { read, source } = bench();
    source.failNext(new SourceOverloaded('a test'));
    expect(shown(await read('p1'))).toEqual(['p1 pending']);
    expect(shown(await read('p1'))).toEqual([`p1 available ${VALUE}`]);
  });

  test('still tells a viewer who may not see the value why', async () => {
    const { read, home, source } = bench();
    home('p2', { overrideLevel: 'agent' });
    source.failAlways(new SourceUnavailable('a test'));
    expect(shown(await read('p2', { role: 'verified' }))).toEqual(['p2 restricted agent']);
  });
});

describe('a database that fails', () => {
  test('misses are pending, nothing is paid, hits are served', async () => {
    const { read, home, catalog, source } = bench();
    await read('p1');
    home('p2');
    catalog.setUnavailable(true);
    expect(shown(await read(['p1', 'p2']))).toEqual([`p1 available ${VALUE}`, 'p2 pending']);
    expect(source.calls).toEqual([['p1']]);
  });

  test('hits whose facts are older than factsTtlMs are unavailable until it is back', async () => {
    const { read, plant, catalog, counted } = bench();
    await plant('p1', { checkedAgoMs: 300_001 });
    catalog.setUnavailable(true);
    expect(shown(await read('p1'))).toEqual(['p1 unavailable']);
    catalog.setUnavailable(false);
    expect(shown(await read('p1'))).toEqual([`p1 available ${VALUE}`]);
    expect(counted).toEqual({ 'check:refused': 1, 'check:same': 1 });
  });

  test('that fails between ACQUIRE and the answer of a refused fill leaves nothing to show safely', async () => {
    const { read, cache, catalog, beforeCache, counted } = bench();
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

describe('CHECK', () => {
  const HALF_MS = 150_000;

  test('facts that are young enough are not read again', async () => {
    const { read, plant, counted } = bench();
    await plant('p1', { checkedAgoMs: HALF_MS });
    expect((await read('p1')).map(({ source }) => source)).toEqual(['hit']);
    await settle();
    expect(counted).toEqual({});
  });

  test('from 85 % of factsTtlMs the value is served and its facts are read again behind the answer', async () => {
    const { read, plant, cache, clock, counted } = bench();
    await plant('p1', { checkedAgoMs: 255_000 });
    expect(shown(await read('p1'))).toEqual([`p1 available ${VALUE}`]);
    await settle();
    expect(counted).toEqual({ 'check:same': 1 });
    expect((await cache.read(['p1'])).map((value) => value?.facts.checkedAt)).toEqual([clock.now()]);
  });

  test('over factsTtlMs the facts of all such homes are read first, by one query; the same version is served and touched', async () => {
    const { read, plant, home, cache, clock, beforeChecks, counted } = bench();
    const queries: string[][] = [];
    Object.assign(beforeChecks, { factsOf: (ids: string[]) => void queries.push(ids) });
    home('p2');
    await plant('p1', { checkedAgoMs: 300_001, class: 'w' });
    await plant('p2', { checkedAgoMs: 300_001 });
    const results = await read(['p1', 'p2']);
    expect(results.map(({ status, source }) => `${status} ${source}`)).toEqual(['available warm_hit', 'available hit']);
    await settle();
    expect([queries, counted]).toEqual([[['p1', 'p2']], { 'check:same': 2 }]);
    expect((await cache.read(['p1', 'p2'])).map((value) => value?.facts.checkedAt)).toEqual([clock.now(), clock.now()]);
  });

  test('newer facts invalidate the value before the answer, which is then a miss under the new facts', async () => {
    const { read, plant, catalog, source, counted } = bench();
    await plant('p1', { checkedAgoMs: 300_001 });
    await catalog.setOverride('p1', 'agent');
    expect(shown(await read('p1', { role: 'verified' }))).toEqual(['p1 restricted agent']);
    expect(source.calls).toEqual([]);
    source.set('p1', estimateOf(2, 600_000));
    expect(shown(await read('p1', { role: 'agent' }))).toEqual([`p1 available ${jsonOfValue(600_000)}`]);
    expect([counted['check:newer'], counted['lease:win']]).toEqual([1, 2]);
  });

  test('older facts than the cache holds are an alert, and nothing is shown', async () => {
    const { read, plant, home, catalog, alerts } = bench();
    home('p2');
    await catalog.setOverride('p2', 'agent');
    await catalog.setOverride('p2', null);
    await plant('p2', { checkedAgoMs: 300_001 });
    const factsOf = catalog.factsOf.bind(catalog);
    catalog.factsOf = async (ids) =>
      new Map([...(await factsOf(ids))].map(([id, facts]) => [id, { ...facts, visibilityVersion: 1 }]));
    expect(shown(await read('p2'))).toEqual(['p2 unavailable']);
    expect(alerts).toEqual(['FACTS_WENT_BACK']);
  });

  test('a value that could not be invalidated is not read again as if it had been', async () => {
    const { read, plant, catalog, beforeCache, counted } = bench();
    await plant('p1', { checkedAgoMs: 300_001 });
    await catalog.setOverride('p1', 'agent');
    Object.assign(beforeCache, {
      invalidate: () => {
        throw new Error('no Redis');
      },
    });
    expect(shown(await read('p1', { role: 'unregistered' }))).toEqual(['p1 unavailable']);
    expect(counted).toEqual({ 'check:newer': 1 });
  });

  test('with deadlineMs 0 doubtful facts are unavailable, and are read again for the next question', async () => {
    const { read, plant } = bench();
    await plant('p1', { checkedAgoMs: 300_001 });
    expect(shown(await read('p1', { deadlineMs: 0 }))).toEqual(['p1 unavailable']);
    await settle();
    expect(shown(await read('p1', { deadlineMs: 0 }))).toEqual([`p1 available ${VALUE}`]);
  });

  test('a database that hangs costs the deadline and then unavailable', async () => {
    const { read, plant, clock, beforeChecks } = bench();
    await plant('p1', { checkedAgoMs: 300_001 });
    Object.assign(beforeChecks, { factsOf: () => new Promise(() => undefined) });
    const answer = read('p1', { deadlineMs: 100 });
    await clock.advance(100);
    expect(shown(await answer)).toEqual(['p1 unavailable']);
  });

  test('more checks than may wait are refused at once', async () => {
    const { read, plant, home, clock, beforeChecks, counted } = bench({
      limits: { checksAtOnceMax: 1, checksWaitingMax: 1 },
    });
    for (const id of ['p2', 'p3']) home(id);
    for (const id of ['p1', 'p2', 'p3']) await plant(id, { checkedAgoMs: 300_001 });
    let open: () => void = () => undefined;
    Object.assign(beforeChecks, { factsOf: () => new Promise<void>((resolve) => (open = resolve)) });
    const [first, second] = [read('p1'), read('p2')];
    await settle();
    expect(shown(await read('p3'))).toEqual(['p3 unavailable']);
    open();
    expect(shown(await first)).toEqual([`p1 available ${VALUE}`]);
    await settle();
    open();
    expect(shown(await second)).toEqual([`p2 available ${VALUE}`]);
    expect([counted, clock.nextAt]).toEqual([{ 'check:refused': 1, 'check:same': 2 }, null]);
  });
});

describe('soft expiry (85 % of the TTL)', () => {
  const SOFT_MS = 0.85 * 300_000;

  test('the value is served while one caller of the fleet refreshes it', async () => {
    const { read, another, source, clock, counted } = bench();
    await read('p1');
    source.set('p1', estimateOf(2, 600_000));
    await clock.advance(SOFT_MS);
    const question = { propertyIds: ['p1'], role: 'agent', deadlineMs: 1_000 } as const;
    const other = another();
    const answers = await Promise.all([read('p1'), read('p1'), other.read(question)]);
    expect(answers.flatMap(shown)).toEqual(new Array(3).fill(`p1 available ${VALUE}`));
    await settle();
    expect(source.calls).toEqual([['p1'], ['p1']]);
    expect(shown(await read('p1'))).toEqual([`p1 available ${jsonOfValue(600_000)}`]);
    expect([counted['lease:win'], counted['lease:wait']]).toEqual([2, 1]);
  });

  test('a viewer who may not see the value does not refresh it, and asks for no lease', async () => {
    const { read, home, source, clock, counted } = bench();
    home('p2', { overrideLevel: 'agent' });
    source.set('p2', estimateOf(1));
    await read('p2', { role: 'agent' });
    await clock.advance(SOFT_MS);
    expect(shown(await read('p2', { role: 'verified' }))).toEqual(['p2 restricted agent']);
    await settle();
    expect([source.calls, counted['lease:win']]).toEqual([[['p2']], 1]);
  });

  test('a refresh that nobody waits for is waited for by a stop: it was paid for, and is filled', async () => {
    const { read, source, clock, reader, counted } = bench();
    await read('p1');
    await clock.advance(SOFT_MS);
    const letGo = source.hold();
    await read('p1');
    await settle();
    let isSettled = false;
    const settled = reader.settled().then(() => (isSettled = true));
    await settle();
    expect(isSettled).toBe(false);
    letGo();
    await settled;
    expect(counted['fill:ok']).toBe(2);
  });

  test('a refresh that fails leaves the value in place and a back-off', async () => {
    const { read, source, clock, counted } = bench();
    await read('p1');
    await clock.advance(SOFT_MS);
    source.failAlways(new SourceUnavailable('a test'));
    for (let time = 0; time < 3; time += 1) {
      expect(shown(await read('p1'))).toEqual([`p1 available ${VALUE}`]);
      await settle();
    }
    expect([source.calls.length, counted['lease:wait']]).toEqual([2, 2]);
  });
});

describe('a fill that is refused', () => {
  test('BEHIND: the facts once more, and FILL again under the same ticket', async () => {
    const { read, cache, catalog, beforeCache, source, counted } = bench();
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
    const { read, cache, beforeCache, alerts, counted } = bench();
    Object.assign(beforeCache, { fill: () => raiseFactsFence(cache, 'p1', 9) });
    expect(shown(await read('p1'))).toEqual(['p1 unavailable']);
    expect([alerts, counted['fill:behind'], await cache.read(['p1'])]).toEqual([['FACTS_BEHIND_FENCE'], 2, [null]]);
  });

  test('EPOCH: the facts are read again, the answer is given under them, and nothing is stored', async () => {
    const { read, cache, catalog, beforeCache, source, counted } = bench();
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
    const { read, cache, beforeCache, counted } = bench();
    Object.assign(beforeCache, { fill: () => cache.evict('p1', 'flight') });
    expect(shown(await read('p1'))).toEqual([`p1 available ${VALUE}`]);
    expect([counted['fill:epoch'], await cache.read(['p1'])]).toEqual([1, [null]]);
  });

  test('BELOW: a revaluation overtook the fetch; the answer stands, and nothing is stored', async () => {
    const { read, cache, beforeCache, counted } = bench();
    Object.assign(beforeCache, {
      fill: () => cache.update([{ propertyId: 'p1', estimateVersion: 5, estimate: null }]),
    });
    expect(shown(await read('p1'))).toEqual([`p1 available ${VALUE}`]);
    expect([counted['fill:below'], await cache.read(['p1'])]).toEqual([1, [null]]);
  });

  test('no reply: answered under facts that are read again', async () => {
    const { read, cache, catalog, beforeCache, counted } = bench();
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
    const { read, cache, clock, beforeCache, counted } = bench();
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
    const { read, cache, catalog, source, alerts, beforeCatalog } = bench();
    Object.assign(beforeCatalog, { factsOf: () => undefined });
    await cache.acquire([{ propertyId: 'p1', nonce: 'other' }], 'w');
    raiseFactsFence(cache, 'p1', 4);
    expect(await catalog.factsOf(['p1'])).toBeDefined();
    expect(shown(await read('p1'))).toEqual(['p1 unavailable']);
    expect([source.calls, alerts]).toEqual([[], ['FACTS_BEHIND_FENCE']]);
  });
});

/** As an INVALIDATE of a version would, but for the epoch: ALREADY leaves it (design.md section 6). */
function raiseFactsFence(
  cache: { stateOf(id: string): { flight: { factsFence: number } | null } },
  propertyId: string,
  factsFence: number,
): void {
  const { flight } = cache.stateOf(propertyId);
  if (flight === null) throw new Error('there is no flight to fence');
  Object.assign(flight, { factsFence });
}

describe('one fetch for many', () => {
  test('concurrent questions of one process share a flight', async () => {
    const { read, source, counted } = bench();
    const answers = await Promise.all([read('p1'), read('p1'), read('p1')]);
    expect(answers.flatMap(shown)).toEqual(new Array(3).fill(`p1 available ${VALUE}`));
    expect([source.calls, counted['lease:win'], counted['lease:wait']]).toEqual([[['p1']], 1, 2]);
  });

  test('another process waits by polling and reads what was filled', async () => {
    const { read, another, source, clock } = bench();
    const letGo = source.hold();
    const first = read('p1');
    await settle();
    const second = another().read({ propertyIds: ['p1'], role: 'agent', deadlineMs: 1_000 });
    await clock.advance(30);
    letGo();
    await clock.advance(50);
    expect(shown(await first)).toEqual([`p1 available ${VALUE}`]);
    const [waited] = await second;
    expect([waited?.status, waited?.source, source.calls]).toEqual(['available', 'miss', [['p1']]]);
  });

  test('a lease that ends without a fill is taken over by whoever waits', async () => {
    const { read, cache, clock, source, counted } = bench();
    await cache.acquire([{ propertyId: 'p1', nonce: 'a process that died' }], 's');
    const answer = read('p1', { deadlineMs: 3_000 });
    await clock.advance(1_700);
    expect(shown(await answer)).toEqual([`p1 available ${VALUE}`]);
    expect([source.calls, counted['lease:win']]).toEqual([[['p1']], 1]);
  });

  test('a home that was taken over is not asked for again while its fetch takes long: it would be paid for twice', async () => {
    const { read, cache, clock, source, counted } = bench();
    await cache.acquire([{ propertyId: 'p1', nonce: 'a process that died' }], 's');
    const letGo = source.hold();
    const answer = read('p1', { deadlineMs: 3_000 });
    await clock.advance(2_200);
    letGo();
    await settle();
    expect(shown(await answer)).toEqual([`p1 available ${VALUE}`]);
    expect([source.calls, counted['lease:win']]).toEqual([[['p1']], 1]);
  });

  test('nobody fetches without a lease: the deadline passes and the home is pending', async () => {
    const { read, cache, clock, source, reader } = bench();
    await cache.acquire([{ propertyId: 'p1', nonce: 'a slow process' }], 's');
    const answer = read('p1', { deadlineMs: 200 });
    await clock.advance(200);
    expect(shown(await answer)).toEqual(['p1 pending']);
    await clock.advance(2_000);
    expect([source.calls, reader.inFlight()]).toEqual([[], 0]);
  });

  test('a user never waits behind a warm-up', async () => {
    const { read, cache, source } = bench();
    await cache.acquire([{ propertyId: 'p1', nonce: 'warm' }], 'w');
    expect(shown(await read('p1'))).toEqual([`p1 available ${VALUE}`]);
    expect(source.calls).toEqual([['p1']]);
  });

  test('whoever joined the flight of a viewer who may not pay, pays for itself', async () => {
    const { read, home, source, beforeCatalog } = bench();
    home('p2', { overrideLevel: 'verified' });
    source.set('p2', estimateOf(1));
    let open: () => void = () => undefined;
    Object.assign(beforeCatalog, { factsOf: () => new Promise<void>((resolve) => (open = resolve)) });
    const low = read('p2', { role: 'unregistered' });
    await settle();
    const high = read('p2', { role: 'agent' });
    await settle();
    delete (beforeCatalog as { factsOf?: unknown }).factsOf;
    open();
    expect(shown(await low)).toEqual(['p2 restricted verified']);
    expect(shown(await high)).toEqual([`p2 available ${VALUE}`]);
    expect(source.calls).toEqual([['p2']]);
  });

  test('a flight is never joined under another epoch: what an INVALIDATE removed does not come back through it', async () => {
    const { read, cache, catalog, source } = bench();
    const letGo = source.hold();
    const before = read('p1', { role: 'unregistered' });
    await settle();
    await catalog.setOverride('p1', 'agent');
    await cache.invalidate([{ propertyId: 'p1', visibilityVersion: 2 }]);
    const after = read('p1', { role: 'unregistered' });
    await settle();
    letGo();
    expect(shown(await after)).toEqual(['p1 restricted agent']);
    expect(shown(await before)).toEqual(['p1 restricted agent']);
  });

  test('what a flight read before an INVALIDATE that left its epoch alone is not told to those who asked after it', async () => {
    const { read, cache, catalog, clock, source } = bench();
    const letGo = source.hold();
    const before = read('p1', { role: 'unregistered' });
    await settle();
    await catalog.setOverride('p1', 'agent');
    raiseFactsFence(cache, 'p1', 2); // ALREADY: another process had stored version 2, which was evicted since
    const after = read('p1', { role: 'unregistered' });
    await settle();
    source.failNext(new SourceUnavailable('a test'));
    letGo();
    expect(shown(await before)).toEqual(['p1 pending']);
    await clock.advance(700); // the back-off of the failed call is over, and the home is asked for again
    expect(shown(await after)).toEqual(['p1 restricted agent']);
  });

  test('what a flight read before Redis lost its memory is not told to those who asked after the marks said so', async () => {
    const { read, catalog, clock, feed, source } = bench();
    const letGo = source.hold();
    const before = read('p1', { role: 'unregistered' });
    await settle();
    await catalog.setOverride('p1', 'agent'); // its INVALIDATE is acknowledged, and forgotten in a failover: nothing of it is left
    await clock.advance(10);
    const forgotAt = clock.now();
    feed.mark = () => ({ watermarkAt: 0, sinceAt: 0, forgotAt });
    const after = read('p1', { role: 'unregistered' });
    await settle();
    source.failNext(new SourceUnavailable('a test'));
    letGo();
    expect(shown(await before)).toEqual(['p1 pending']);
    await clock.advance(700);
    expect(shown(await after)).toEqual(['p1 restricted agent']);
  });

  test('what an older epoch found out is not told to those who asked under a later one', async () => {
    const { read, home, cache, catalog, clock, source } = bench();
    home('p2', { overrideLevel: 'agent' });
    const letGo = source.hold();
    const before = read('p2', { role: 'agent', deadlineMs: 100 });
    await settle();
    await catalog.setOverride('p2', null);
    await cache.invalidate([{ propertyId: 'p2', visibilityVersion: 3 }]);
    await cache.acquire([{ propertyId: 'p2', nonce: 'another process' }], 's');
    const after = read('p2', { role: 'unregistered', deadlineMs: 100 });
    await settle();
    source.failNext(new SourceUnavailable('a test'));
    letGo();
    await clock.advance(100);
    expect([shown(await before), shown(await after)]).toEqual([['p2 pending'], ['p2 pending']]);
  });

  test('more homes than may fly at once are pending at once', async () => {
    const { read, home, source } = bench({ limits: { flightsMax: 2 } });
    const ids = ['p1', 'p2', 'p3'];
    for (const id of ids.slice(1)) home(id);
    for (const id of ids) source.set(id, estimateOf(1));
    expect((await read(ids)).map(({ status }) => status)).toEqual(['available', 'available', 'pending']);
    expect(source.calls).toEqual([['p1', 'p2']]);
  });

  test('more homes than may fly at once are pending also when all are asked for at the same moment', async () => {
    const { read, home, source, counted } = bench({ limits: { flightsMax: 2 } });
    const ids = ['p1', 'p2', 'p3', 'p4'];
    for (const id of ids.slice(1)) home(id);
    for (const id of ids) source.set(id, estimateOf(1));
    const answers = await Promise.all(ids.map((id) => read(id)));
    expect(answers.flat().map(({ status }) => status)).toEqual(['available', 'available', 'pending', 'pending']);
    expect(counted['lease:win']).toBe(2);
    expect((await read('p3')).map(({ status }) => status)).toEqual(['available']); // room is given back
  });
});

describe('Redis that does not answer', () => {
  test('a bounded trickle fetches for its own caller, facts first; the rest is pending and nothing is stored', async () => {
    const { read, home, cache, source, counted } = bench({ limits: { tricklesMax: 1 } });
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

  test('with the database down too, everything is pending', async () => {
    const { read, cache, catalog, source } = bench();
    cache.faults.unavailable = true;
    catalog.setUnavailable(true);
    expect([shown(await read('p1')), source.calls]).toEqual([['p1 pending'], []]);
  });

  test('with upstream down too, the facts still decide', async () => {
    const { read, home, cache, source } = bench();
    home('p2', { overrideLevel: 'nobody' });
    cache.faults.unavailable = true;
    source.failAlways(new SourceUnavailable('a test'));
    expect(shown(await read(['p1', 'p2']))).toEqual(['p1 pending', 'p2 withheld']);
  });
});

describe('a node of Redis that does not answer', () => {
  test('costs its own homes a trickle; those of the others are leased, filled and hits', async () => {
    const { read, home, cache, source, counted } = bench();
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
    const { read, home, cache, source, counted } = bench();
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

test('a bug in the read path is reported, nobody waits for ever, and nothing is shown', async () => {
  const { read, cache, reader, unplanned, beforeCache, source } = bench();
  Object.assign(beforeCache, { fill: () => cache.evict('p1', 'flight') });
  source.set('p1', { ...estimateOf(1), valueUsd: 0.5 }); // refused by jsonOf, which must not happen
  cache.fill = async () => [{ outcome: 'epoch' }];
  expect(shown(await read('p1'))).toEqual(['p1 pending']);
  await reader.settled();
  expect(unplanned.map((error) => (error as { code: string }).code)).toEqual(['BAD_CACHE_ENTRY']);
});

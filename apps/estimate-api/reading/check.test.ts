import { describe, expect, test } from '@jest/globals';
import { benchOfOneHome, estimateOf, jsonOfValue, settle, shown } from '../testing/reading-bench.ts';

const VALUE = jsonOfValue(500_000);

describe('CHECK', () => {
  const HALF_MS = 150_000;

  test('facts that are young enough are not read again', async () => {
    const { read, plant, counted } = benchOfOneHome();
    await plant('p1', { checkedAgoMs: HALF_MS });
    expect((await read('p1')).map(({ source }) => source)).toEqual(['hit']);
    await settle();
    expect(counted).toEqual({});
  });

  test('from 85 % of factsTtlMs the value is served and its facts are read again behind the answer', async () => {
    const { read, plant, cache, clock, counted } = benchOfOneHome();
    await plant('p1', { checkedAgoMs: 255_000 });
    expect(shown(await read('p1'))).toEqual([`p1 available ${VALUE}`]);
    await settle();
    expect(counted).toEqual({ 'check:same': 1 });
    expect((await cache.read(['p1'])).map((value) => value?.facts.checkedAt)).toEqual([clock.now()]);
  });

  test('over factsTtlMs the facts of all such homes are read first, by one query; the same version is served and touched', async () => {
    const { read, plant, home, cache, clock, beforeChecks, counted } = benchOfOneHome();
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
    const { read, plant, catalog, source, counted } = benchOfOneHome();
    await plant('p1', { checkedAgoMs: 300_001 });
    await catalog.setOverride('p1', 'agent');
    expect(shown(await read('p1', { role: 'verified' }))).toEqual(['p1 restricted agent']);
    expect(source.calls).toEqual([]);
    source.set('p1', estimateOf(2, 600_000));
    expect(shown(await read('p1', { role: 'agent' }))).toEqual([`p1 available ${jsonOfValue(600_000)}`]);
    expect([counted['check:newer'], counted['lease:win']]).toEqual([1, 2]);
  });

  test('older facts than the cache holds are an alert, and nothing is shown', async () => {
    const { read, plant, home, catalog, alerts } = benchOfOneHome();
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
    const { read, plant, catalog, beforeCache, counted } = benchOfOneHome();
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
    const { read, plant } = benchOfOneHome();
    await plant('p1', { checkedAgoMs: 300_001 });
    expect(shown(await read('p1', { deadlineMs: 0 }))).toEqual(['p1 unavailable']);
    await settle();
    expect(shown(await read('p1', { deadlineMs: 0 }))).toEqual([`p1 available ${VALUE}`]);
  });

  test('a database that hangs costs the deadline and then unavailable', async () => {
    const { read, plant, clock, beforeChecks } = benchOfOneHome();
    await plant('p1', { checkedAgoMs: 300_001 });
    Object.assign(beforeChecks, { factsOf: () => new Promise(() => undefined) });
    const answer = read('p1', { deadlineMs: 100 });
    await clock.advance(100);
    expect(shown(await answer)).toEqual(['p1 unavailable']);
  });

  test('more checks than may wait are refused at once', async () => {
    const { read, plant, home, clock, beforeChecks, counted } = benchOfOneHome({
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

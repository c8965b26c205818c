import { describe, expect, test } from '@jest/globals';
import { SourceUnavailable } from '@porchlight/estimate-source';
import { benchOfOneHome, estimateOf, jsonOfValue, raiseFactsFence, settle, shown } from '../testing/reading-bench.ts';

const VALUE = jsonOfValue(500_000);

describe('one fetch for many', () => {
  test('concurrent questions of one process share a flight', async () => {
    const { read, source, counted } = benchOfOneHome();
    const answers = await Promise.all([read('p1'), read('p1'), read('p1')]);
    expect(answers.flatMap(shown)).toEqual(new Array(3).fill(`p1 available ${VALUE}`));
    expect([source.calls, counted['lease:win'], counted['lease:wait']]).toEqual([[['p1']], 1, 2]);
  });

  test('another process waits by polling and reads what was filled', async () => {
    const { read, another, source, clock } = benchOfOneHome();
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
    const { read, cache, clock, source, counted } = benchOfOneHome();
    await cache.acquire([{ propertyId: 'p1', nonce: 'a process that died' }], 's');
    const answer = read('p1', { deadlineMs: 3_000 });
    await clock.advance(1_700);
    expect(shown(await answer)).toEqual([`p1 available ${VALUE}`]);
    expect([source.calls, counted['lease:win']]).toEqual([[['p1']], 1]);
  });

  test('a home that was taken over is not asked for again while its fetch takes long: it would be paid for twice', async () => {
    const { read, cache, clock, source, counted } = benchOfOneHome();
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
    const { read, cache, clock, source, reader } = benchOfOneHome();
    await cache.acquire([{ propertyId: 'p1', nonce: 'a slow process' }], 's');
    const answer = read('p1', { deadlineMs: 200 });
    await clock.advance(200);
    expect(shown(await answer)).toEqual(['p1 pending']);
    await clock.advance(2_000);
    expect([source.calls, reader.inFlight()]).toEqual([[], 0]);
  });

  test('a user never waits behind a warm-up', async () => {
    const { read, cache, source } = benchOfOneHome();
    await cache.acquire([{ propertyId: 'p1', nonce: 'warm' }], 'w');
    expect(shown(await read('p1'))).toEqual([`p1 available ${VALUE}`]);
    expect(source.calls).toEqual([['p1']]);
  });

  test('whoever joined the flight of a viewer who may not pay, pays for itself', async () => {
    const { read, home, source, beforeCatalog } = benchOfOneHome();
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
    const { read, cache, catalog, source } = benchOfOneHome();
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
    const { read, cache, catalog, clock, source } = benchOfOneHome();
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
    const { read, catalog, clock, feed, source } = benchOfOneHome();
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
    const { read, home, cache, catalog, clock, source } = benchOfOneHome();
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

  test('nor where Redis has evicted the fence with the flight: then the epoch alone tells the two apart', async () => {
    const { read, home, cache, catalog, clock, source } = benchOfOneHome();
    home('p2', { overrideLevel: 'agent' });
    const letGo = source.hold();
    const before = read('p2', { role: 'agent', deadlineMs: 100 });
    await settle();
    await catalog.setOverride('p2', null);
    cache.evict('p2', 'flight');
    expect(await cache.invalidate([{ propertyId: 'p2', visibilityVersion: 3 }])).toEqual(['absent']);
    await cache.acquire([{ propertyId: 'p2', nonce: 'another process' }], 's');
    const after = read('p2', { role: 'unregistered', deadlineMs: 100 });
    await settle();
    await clock.advance(100);
    expect([shown(await before), shown(await after)]).toEqual([['p2 pending'], ['p2 pending']]);
    letGo();
  });

  test('more homes than may fly at once are pending at once', async () => {
    const { read, home, source } = benchOfOneHome({ limits: { flightsMax: 2 } });
    const ids = ['p1', 'p2', 'p3'];
    for (const id of ids.slice(1)) home(id);
    for (const id of ids) source.set(id, estimateOf(1));
    expect((await read(ids)).map(({ status }) => status)).toEqual(['available', 'available', 'pending']);
    expect(source.calls).toEqual([['p1', 'p2']]);
  });

  test('more homes than may fly at once are pending also when all are asked for at the same moment', async () => {
    const { read, home, source, counted } = benchOfOneHome({ limits: { flightsMax: 2 } });
    const ids = ['p1', 'p2', 'p3', 'p4'];
    for (const id of ids.slice(1)) home(id);
    for (const id of ids) source.set(id, estimateOf(1));
    const answers = await Promise.all(ids.map((id) => read(id)));
    expect(answers.flat().map(({ status }) => status)).toEqual(['available', 'available', 'pending', 'pending']);
    expect(counted['lease:win']).toBe(2);
    expect((await read('p3')).map(({ status }) => status)).toEqual(['available']); // room is given back
  });

  test('more who wait than may are told `pending` at once, also if what they wait for is one fetch', async () => {
    const { read, source } = benchOfOneHome({ limits: { waitersMax: 3 } });
    const letGo = source.hold();
    const waiting = [read('p1'), read('p1'), read('p1')];
    await settle();
    expect(shown(await read('p1'))).toEqual(['p1 pending']);
    letGo();
    expect((await Promise.all(waiting)).flatMap(shown)).toEqual(new Array(3).fill(`p1 available ${VALUE}`));
    expect(source.calls).toEqual([['p1']]);
  });

  test('who waits no more leaves room when the fetch has landed, and not when the deadline has passed', async () => {
    const { read, home, source, clock } = benchOfOneHome({ limits: { waitersMax: 1 } });
    home('p2');
    source.set('p2', estimateOf(1));
    const letGo = source.hold();
    const late = read('p1', { deadlineMs: 100 });
    await clock.advance(100);
    expect(shown(await late)).toEqual(['p1 pending']);
    expect(shown(await read('p2'))).toEqual(['p2 pending']);
    letGo();
    await settle();
    expect(shown(await read('p2'))).toEqual([`p2 available ${VALUE}`]);
  });

  test('of homes that are asked for together, as many are waited for as there is room', async () => {
    const { read, home, source } = benchOfOneHome({ limits: { waitersMax: 2 } });
    const ids = ['p1', 'p2', 'p3'];
    for (const id of ids.slice(1)) home(id);
    for (const id of ids) source.set(id, estimateOf(1));
    expect((await read(ids)).map(({ status }) => status)).toEqual(['available', 'available', 'pending']);
  });
});

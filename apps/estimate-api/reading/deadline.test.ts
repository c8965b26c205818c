import { describe, expect, test } from '@jest/globals';
import { CACHE_READ_MIN_MS } from './limits.ts';
import { benchOfOneHome, estimateOf, jsonOfValue, settle, shown } from '../testing/reading-bench.ts';

const VALUE = jsonOfValue(500_000);

describe('the deadline', () => {
  test('a slow upstream costs pending, and the fetch goes on and fills the cache', async () => {
    const { read, clock, source, reader } = benchOfOneHome();
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
    const { read, home, clock, source } = benchOfOneHome();
    await read('p1');
    home('p2');
    source.hold();
    const answer = read(['p2', 'p1'], { deadlineMs: 50 });
    await clock.advance(50);
    expect(shown(await answer)).toEqual(['p2 pending', `p1 available ${VALUE}`]);
  });

  test('deadlineMs 0 is the cache alone: no lease, no facts, no call', async () => {
    const { read, source, counted } = benchOfOneHome();
    expect(shown(await read('p1', { deadlineMs: 0 }))).toEqual(['p1 pending']);
    await settle();
    expect([source.calls, counted]).toEqual([[], {}]);
  });

  test('whoever may not see a home is told so by the deadline, although the fetch of somebody who may still goes on', async () => {
    const { read, home, clock, source } = benchOfOneHome();
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
    const { read, home, cache, clock, source } = benchOfOneHome();
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
    const { read, clock, source, beforeCache, reader } = benchOfOneHome();
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
    const { read, clock, source, plant, beforeCache, reader } = benchOfOneHome();
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
    const { read, clock, cache, source, beforeCache, reader } = benchOfOneHome();
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
    const { read, clock } = benchOfOneHome();
    const before = clock.now();
    await read('p1', { deadlineMs: 5_000 });
    expect([clock.now() - before, clock.nextAt]).toEqual([0, null]);
  });
});

import { describe, expect, test } from '@jest/globals';
import { topics, type WarmupRequests } from '@porchlight/contracts';
import { CacheUnavailable } from '@porchlight/estimate-cache';
import { SourceThrottled, SourceUnavailable } from '@porchlight/estimate-source';
import { createFetcherBench, estimate, nextOutcome, nonzero, START, valuesOf } from './testing/fetcher-bench.ts';

describe('an upstream in trouble', () => {
  test('costs the record its warm-up, and nobody tries the home for half a second', async () => {
    const { cache, clock, progress, request, run, upstream, counted, outcomes } = createFetcherBench({
      p1: estimate(5),
    });
    await progress.beat([0]);
    upstream.failNext(new SourceUnavailable('told to be'));
    const { sent, dropped, retried } = await run(await request('p1'));
    expect({ sent, dropped, retried }).toEqual({ sent: [], dropped: ['upstream-failed'], retried: [] });
    expect([outcomes, nonzero(counted)]).toEqual([['SOURCE_UNAVAILABLE'], { failed: 1 }]);
    expect(await nextOutcome(cache, 'p1')).toBe('wait');
    await clock.advance(501);
    expect(await nextOutcome(cache, 'p1')).toBe('win');
  });

  test('that asks for a pause is left alone by the next record', async () => {
    const { progress, request, run, upstream, counted } = createFetcherBench(
      { p2: estimate(6) },
      { concurrentRecordsMax: 1 },
    );
    await progress.beat([0]);
    upstream.failNext(new SourceThrottled(2_000));
    const { sent, dropped } = await run(await request('p1'), await request('p2'));
    expect({ sent, dropped }).toEqual({ sent: [], dropped: ['upstream-failed', 'upstream-throttled'] });
    expect(upstream.calls).toEqual([['p1']]);
    expect(nonzero(counted)).toEqual({ failed: 1, throttled: 1 });
  });

  test('that asks for a pause is left alone by every partition, the ones with a call in the queue too', async () => {
    const { progress, request, run, upstream, counted } = createFetcherBench({}, { requestsInFlightMax: 1 });
    await progress.beat([0, 1, 2]);
    upstream.failNext(new SourceThrottled(2_000));
    const homes = Array.from({ length: 60 }, (_, at) => `home-${at}`);
    const records = [
      await request('p1', ...homes),
      await request('p2', ...homes.map((id) => `${id}-b`)),
      await request('p3'),
    ];
    await run(...records.map((record, partition) => ({ ...record, partition })));
    expect(upstream.calls.map((ids) => ids[0])).toEqual(['p1']);
    expect(nonzero(counted)).toEqual({ failed: 61, throttled: 62 });
  });

  test('that fails call after call is left alone: warm-ups are dropped, and their homes are free at once', async () => {
    const { cache, progress, request, run, upstream, counted } = createFetcherBench(
      {},
      {
        concurrentRecordsMax: 1,
        discipline: { breaker: { failureShare: 0.5, windowMs: 60_000, callsMin: 2, openMs: 30_000 } },
      },
    );
    await progress.beat([0]);
    upstream.failAlways(new SourceUnavailable('told to be'));
    const records = [await request('p1'), await request('p2'), await request('p3'), await request('p4')];
    const { dropped } = await run(...records);
    expect(dropped).toEqual(['upstream-failed', 'upstream-failed', 'upstream-throttled', 'upstream-throttled']);
    expect([upstream.calls, nonzero(counted)]).toEqual([[['p1'], ['p2']], { failed: 2, throttled: 2 }]);
    expect(await nextOutcome(cache, 'p3')).toBe('win');
  });

  test('whose budget users need is left to them: warm-ups are dropped while the reserve is all there is', async () => {
    const { clock, progress, request, run, upstream, discipline } = createFetcherBench(
      { p1: estimate(5), p2: estimate(6), p3: estimate(7) },
      { concurrentRecordsMax: 1, budget: { requestsPerS: 4, itemsPerS: 0, burstS: 1, reserveShare: 0.5 } },
    );
    await progress.beat([0]);
    const records = [await request('p1'), await request('p2'), await request('p3')];
    const { sent, dropped } = await run(...records);
    expect([valuesOf(sent), dropped]).toEqual([[{ p1: 5 }, { p2: 6 }], ['upstream-throttled']]);
    await discipline.fetch(['of a user'], { lane: 'user' });
    expect(upstream.calls).toEqual([['p1'], ['p2'], ['of a user']]);
    await clock.advance(500);
    expect(valuesOf((await run(await request('p3'))).sent)).toEqual([{ p3: 7 }]);
  });

  test('holds back only homes that it was asked for: a user may fetch any other at once', async () => {
    const { cache, progress, request, run, upstream } = createFetcherBench({}, { concurrentRecordsMax: 1 });
    await progress.beat([0]);
    upstream.failNext(new SourceThrottled(2_000));
    await run(await request('asked'), await request('shed'));
    const user = async (propertyId: string) =>
      (await cache.acquire([{ propertyId, nonce: 'a user' }], 's'))[0]?.outcome;
    expect([await user('asked'), await user('shed')]).toEqual(['wait', 'win']);
  });

  test('that is so slow that no call can begin costs the homes in the queue nothing but their warm-up', async () => {
    const { cache, clock, progress, request, startMember, upstream, counted } = createFetcherBench(
      { p1: estimate(5) },
      { requestsInFlightMax: 1, isQueueManual: true },
    );
    await progress.beat([0]);
    const letGo = upstream.hold();
    const { testRun } = await startMember();
    testRun.append(await request('p1'));
    await testRun.until(() => upstream.open() === 1, 'the first call');
    testRun.append(await request('p2'));
    await testRun.settle();
    await clock.advance(3_000);
    await testRun.until(() => testRun.dropped().length === 1, 'the end of the wait');
    expect([testRun.dropped(), nonzero(counted)]).toEqual([['upstream-throttled'], { throttled: 1 }]);
    expect((await cache.acquire([{ propertyId: 'p2', nonce: 'a user' }], 's'))[0]?.outcome).toBe('win');
    letGo();
    await testRun.until(() => testRun.log.readTopic(topics.warmupEstimates.name).length === 1, 'what was paid for');
    expect(upstream.calls).toEqual([['p1']]);
    await testRun.stop();
  });

  test('that begins too late for a record in the queue is not made for it, and its homes are free at once', async () => {
    const { cache, clock, progress, request, startMember, upstream, counted } = createFetcherBench(
      { p1: estimate(5), p3: estimate(7) },
      { requestsInFlightMax: 1, isQueueManual: true },
    );
    await progress.beat([0]);
    const letGo = upstream.hold();
    const { testRun } = await startMember();
    testRun.append(await request('p1'));
    await testRun.until(() => upstream.open() === 1, 'the first call');
    const late = await request('p2');
    testRun.append({ ...late, value: { ...late.value, deadlineAt: START + 1_500 } as WarmupRequests });
    testRun.append(await request('p3'));
    await testRun.settle();
    await clock.advance(1_500);
    await testRun.until(() => testRun.dropped().length === 1, 'the end of its deadline');
    letGo();
    await testRun.until(() => upstream.calls.length === 2, 'the call that was waiting');
    expect([upstream.calls, testRun.dropped()]).toEqual([[['p1'], ['p3']], ['late']]);
    expect(nonzero(counted)).toMatchObject({ late: 1 });
    expect((await cache.acquire([{ propertyId: 'p2', nonce: 'a user' }], 's'))[0]?.outcome).toBe('win');
    await testRun.stop();
  });

  test('is not made for a record whose deadline passed while its tickets were looked at', async () => {
    const { cache, clock, progress, request, run, upstream, counted } = createFetcherBench({ p1: estimate(5) });
    await progress.beat([0]);
    const recheck = cache.recheck.bind(cache);
    cache.recheck = async (items) => {
      await clock.advance(501);
      return recheck(items);
    };
    const record = await request('p1');
    const { sent, dropped } = await run({
      ...record,
      value: { ...record.value, deadlineAt: START + 500 } as WarmupRequests,
    });
    expect({ sent, dropped, calls: upstream.calls }).toEqual({ sent: [], dropped: ['late'], calls: [] });
    expect(nonzero(counted)).toEqual({ late: 1 });
  });

  test('costs a record its failed call only: what another call brought is sent', async () => {
    const { cache, progress, request, run, upstream, counted } = createFetcherBench({ 'home-100': estimate(5) });
    await progress.beat([0]);
    upstream.failNext(new SourceUnavailable('told to be'));
    const record = await request(...Array.from({ length: 101 }, (_, at) => `home-${at}`));
    const { sent, dropped } = await run(record);
    expect([valuesOf(sent), dropped, nonzero(counted)]).toEqual([[{ 'home-100': 5 }], [], { failed: 100, fetched: 1 }]);
    expect(await nextOutcome(cache, 'home-0')).toBe('wait');
  });

  test('and a cache that is down as well: the record is given up, and nothing is paid twice', async () => {
    const { cache, progress, request, run, upstream } = createFetcherBench();
    await progress.beat([0]);
    const record = await request('p1');
    upstream.failNext(new SourceUnavailable('told to be'));
    cache.release = async () => {
      throw new CacheUnavailable('told to be');
    };
    const { dropped, retried } = await run(record);
    expect([dropped, retried, upstream.calls]).toEqual([['upstream-failed'], [], [['p1']]]);
  });
});

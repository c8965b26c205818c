import { describe, expect, test } from '@jest/globals';
import { topics } from '@porchlight/contracts';
import { createFetcherBench, estimate, estimatesOf, nonzero, START, valuesOf } from './testing/fetcher-bench.ts';

describe('tickets', () => {
  test('become estimates in one paid call, with ticket and facts as they came', async () => {
    const { progress, request, run, upstream, counted } = createFetcherBench({ p1: estimate(5) });
    await progress.beat([0]);
    const record = await request('p1', 'p2');
    const { sent } = await run(record);
    expect(sent.map(({ topic, key }) => [topic, key])).toEqual([[topics.warmupEstimates.name, '16/1/1']]);
    expect(estimatesOf(sent)).toEqual([
      {
        forecastId: 'f',
        tile: '16/1/1',
        viewedAt: START,
        askedAt: START,
        items: [
          { ...record.value?.items[0], estimate: estimate(5), fetchedAt: START },
          { ...record.value?.items[1], estimate: null, fetchedAt: START },
        ],
      },
    ]);
    expect(upstream.calls).toEqual([['p1', 'p2']]);
    expect(nonzero(counted)).toEqual({ fetched: 1, none: 1 });
  });

  test('of several records share one paid call', async () => {
    const { progress, request, run, upstream } = createFetcherBench(
      { p1: estimate(5), p2: estimate(6) },
      { lingerMs: 5 },
    );
    await progress.beat([0]);
    const { sent } = await run(await request('p1'), await request('p2'));
    expect(upstream.calls).toEqual([['p1', 'p2']]);
    expect(valuesOf(sent)).toEqual([{ p1: 5 }, { p2: 6 }]);
  });

  test('that are worth nothing any more are not paid for', async () => {
    const { cache, progress, request, run, upstream, counted } = createFetcherBench({
      p1: estimate(5),
      p2: estimate(6),
      p3: estimate(7),
    });
    await progress.beat([0]);
    const record = await request('p1', 'p2', 'p3');
    await cache.acquire([{ propertyId: 'p1', nonce: 'a user' }], 's');
    await cache.invalidate([{ propertyId: 'p2', visibilityVersion: 2 }]);
    expect(valuesOf((await run(record)).sent)).toEqual([{ p3: 7 }]);
    expect(upstream.calls).toEqual([['p3']]);
    expect(nonzero(counted)).toEqual({ worthless: 2, fetched: 1 });
  });

  test('whose node of Redis does not answer are not paid for, those of the others are', async () => {
    const { cache, progress, request, run, upstream, counted } = createFetcherBench({
      p1: estimate(5),
      p2: estimate(6),
    });
    await progress.beat([0]);
    const record = await request('p1', 'p2');
    cache.faults.lostHomes = new Set(['p1']);
    expect(valuesOf((await run(record)).sent)).toEqual([{ p2: 6 }]);
    expect(upstream.calls).toEqual([['p2']]);
    expect(nonzero(counted)).toEqual({ worthless: 1, fetched: 1 });
  });

  test('that are all of a node that does not answer are not paid for, and hold up no other record', async () => {
    const { cache, progress, request, run, upstream } = createFetcherBench({ p1: estimate(5), p2: estimate(6) });
    await progress.beat([0]);
    const records = [await request('p1'), await request('p2')];
    cache.faults.lostHomes = new Set(['p1']);
    const { sent, dropped, retried } = await run(...records);
    expect([valuesOf(sent), dropped, retried]).toEqual([[{ p2: 6 }], ['worthless'], []]);
    expect(upstream.calls).toEqual([['p2']]);
  });

  test('that are all worth nothing cost no call', async () => {
    const { cache, progress, request, run, upstream } = createFetcherBench({ p1: estimate(5) });
    await progress.beat([0]);
    const record = await request('p1');
    await cache.invalidate([{ propertyId: 'p1', visibilityVersion: 2 }]);
    const { sent, dropped } = await run(record);
    expect({ sent, dropped, calls: upstream.calls }).toEqual({ sent: [], dropped: ['worthless'], calls: [] });
  });

  test('that come too late are not paid for', async () => {
    const { clock, progress, request, run, upstream } = createFetcherBench({ p1: estimate(5) });
    await progress.beat([0]);
    const record = await request('p1');
    await clock.advance(10_001);
    const { dropped } = await run(record);
    expect({ dropped, calls: upstream.calls }).toEqual({ dropped: ['late'], calls: [] });
  });
});

test('a record of more homes than a call carries costs more calls, and no process', async () => {
  const { progress, request, run, upstream } = createFetcherBench({ 'home-0': estimate(5), 'home-249': estimate(6) });
  await progress.beat([0]);
  const record = await request(...Array.from({ length: 250 }, (_, at) => `home-${at}`));
  const { sent, parked } = await run(record);
  expect(upstream.calls.map((ids) => ids.length)).toEqual([100, 100, 50]);
  expect([estimatesOf(sent).map(({ items }) => items.length), parked]).toEqual([[100, 100, 50], []]);
  expect(estimatesOf(sent).map(({ askedAt }) => askedAt)).toEqual([START, START, START]);
  expect(
    valuesOf(sent)
      .flatMap((values) => Object.values(values))
      .filter((value) => value !== null),
  ).toEqual([5, 6]);
});

test('nothing is paid for while Kafka takes no outputs, and the paying goes on when it does', async () => {
  const known = Object.fromEntries(Array.from({ length: 30 }, (_, at) => [`p${at}`, estimate(at)]));
  const { clock, progress, request, startMember, upstream } = createFetcherBench(known);
  await progress.beat([0]);
  const { testRun, member } = await startMember();
  member.faults.produceDown = true;
  testRun.append(await request('p0'));
  await testRun.until(() => member.state().waitingFor.includes('kafka'), 'the refusal of the first output');
  for (let at = 1; at < 30; at += 1) testRun.append(await request(`p${at}`));
  for (let second = 0; second < 5; second += 1) await testRun.advance(1_000);
  expect(upstream.calls).toEqual([['p0']]);
  expect(testRun.retried()).toContain('OUTPUTS_BLOCKED');
  member.faults.produceDown = false;
  for (let second = 0; second < 4; second += 1) {
    await progress.beat([0]);
    await testRun.advance(1_000);
  }
  await testRun.until(() => testRun.log.readTopic(topics.warmupEstimates.name).length === 30, 'all estimates');
  expect(clock.now()).toBeLessThan(START + 10_000);
  await testRun.stop();
});

test('a cache that is down holds the record back, and nothing is paid twice', async () => {
  const { cache, clock, progress, request, run, upstream } = createFetcherBench({ p1: estimate(5) });
  await progress.beat([0]);
  const record = await request('p1');
  cache.faults.unavailable = true;
  clock.after(50, () => void (cache.faults.unavailable = false));
  const { sent } = await run(record);
  expect(valuesOf(sent)).toEqual([{ p1: 5 }]);
  expect(upstream.calls).toEqual([['p1']]);
});

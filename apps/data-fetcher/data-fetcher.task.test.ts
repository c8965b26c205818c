import { describe, expect, test } from '@jest/globals';
import {
  topics,
  type Estimate,
  type Facts,
  type RequestedHome,
  type WarmupEstimates,
  type WarmupRequests,
} from '@porchlight/contracts';
import { memoryEstimateCache, memoryWriterProgress } from '@porchlight/estimate-cache';
import { batchingSource, SourceThrottled, SourceUnavailable } from '@porchlight/estimate-source';
import { memoryEstimateSource } from '@porchlight/estimate-source/testing';
import { ManualClock, runTask, type TestRecord } from '@porchlight/stream';
import { createDataFetcher } from './data-fetcher.task.ts';
import { createPaidSource } from './paid-source.ts';

const START = new ManualClock().now();
const estimate = (valueUsd: number): Estimate => ({
  estimateVersion: 3,
  valueUsd,
  lowUsd: 1,
  highUsd: 9,
  computedAt: 1,
});
const facts: Facts = { visibilityVersion: 1, status: 'off_market', mlsId: null, overrideLevel: null, checkedAt: START };

function setUp(known: Record<string, Estimate> = {}, { lingerMs = 0, concurrentRecordsMax = 8 } = {}) {
  const clock = new ManualClock(START);
  const cache = memoryEstimateCache({ clock });
  const progress = memoryWriterProgress({ clock });
  const upstream = memoryEstimateSource(known);
  const counted: Record<string, number> = {};
  const outcomes: string[] = [];
  const paid = createPaidSource(upstream, { clock, onCall: (outcome) => void outcomes.push(outcome) });
  const definition = createDataFetcher({
    cache,
    progress,
    source: batchingSource(paid, { lingerMs, requestsInFlightMax: 4 }),
    takeAskedAt: (propertyId) => paid.takeAskedAt(propertyId),
    clock,
    concurrentRecordsMax,
    count: (outcome, homes) => void (counted[outcome] = (counted[outcome] ?? 0) + homes),
  });
  /** Draws a ticket for each home, as request-filter does. */
  const request = async (...propertyIds: string[]): Promise<TestRecord<WarmupRequests>> => {
    const answers = await cache.acquire(
      propertyIds.map((propertyId) => ({ propertyId, nonce: `n-${propertyId}` })),
      'w',
    );
    const items = answers.flatMap((answer, at): RequestedHome[] =>
      answer.outcome === 'win' ? [{ propertyId: propertyIds[at] ?? '', ticket: answer.ticket, facts }] : [],
    );
    const value = { forecastId: 'f', tile: '16/1/1', items, viewedAt: START, deadlineAt: START + 10_000 };
    return { topic: topics.warmupRequests, key: '16/1/1', value };
  };
  return {
    clock,
    cache,
    progress,
    upstream,
    counted,
    outcomes,
    request,
    // the test runner puts its records into the log before the group joins
    run: (...records: TestRecord<WarmupRequests>[]) =>
      runTask({ ...definition, startFrom: 'earliest' }, records, { clock }),
  };
}

const estimatesOf = (sent: readonly { value: unknown }[]) => sent.map(({ value }) => value as WarmupEstimates);
const valuesOf = (sent: readonly { value: unknown }[]) =>
  estimatesOf(sent).map(({ items }) =>
    Object.fromEntries(items.map((item) => [item.propertyId, item.estimate?.valueUsd ?? null])),
  );
const nonzero = (counted: Record<string, number>) =>
  Object.fromEntries(Object.entries(counted).filter(([, homes]) => homes > 0));
const nextOutcome = async (cache: ReturnType<typeof memoryEstimateCache>, propertyId: string) =>
  (await cache.acquire([{ propertyId, nonce: 'next' }], 'w'))[0]?.outcome;

describe('tickets', () => {
  test('become estimates in one paid call, with ticket and facts as they came', async () => {
    const { progress, request, run, upstream, counted } = setUp({ p1: estimate(5) });
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
    const { progress, request, run, upstream } = setUp({ p1: estimate(5), p2: estimate(6) }, { lingerMs: 5 });
    await progress.beat([0]);
    const { sent } = await run(await request('p1'), await request('p2'));
    expect(upstream.calls).toEqual([['p1', 'p2']]);
    expect(valuesOf(sent)).toEqual([{ p1: 5 }, { p2: 6 }]);
  });

  test('that are worth nothing any more are not paid for', async () => {
    const { cache, progress, request, run, upstream, counted } = setUp({
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

  test('that are all worth nothing cost no call', async () => {
    const { cache, progress, request, run, upstream } = setUp({ p1: estimate(5) });
    await progress.beat([0]);
    const record = await request('p1');
    await cache.invalidate([{ propertyId: 'p1', visibilityVersion: 2 }]);
    const { sent, dropped } = await run(record);
    expect({ sent, dropped, calls: upstream.calls }).toEqual({ sent: [], dropped: ['worthless'], calls: [] });
  });

  test('that come too late are not paid for', async () => {
    const { clock, progress, request, run, upstream } = setUp({ p1: estimate(5) });
    await progress.beat([0]);
    const record = await request('p1');
    await clock.advance(10_001);
    const { dropped } = await run(record);
    expect({ dropped, calls: upstream.calls }).toEqual({ dropped: ['late'], calls: [] });
  });
});

describe('a writer that is silent', () => {
  test('stops the paying for its partition until it speaks', async () => {
    const { clock, progress, request, run, upstream } = setUp({ p1: estimate(5) });
    const record = await request('p1');
    clock.after(300, () => void progress.beat([0]));
    const { sent, retried } = await run(record);
    expect(new Set(retried)).toEqual(new Set(['WRITER_SILENT']));
    expect(valuesOf(sent)).toEqual([{ p1: 5 }]);
    expect(upstream.calls).toEqual([['p1']]);
  });

  test('is waited for up to the deadline, and then nothing is paid', async () => {
    const { request, run, upstream } = setUp({ p1: estimate(5) });
    const { dropped } = await run(await request('p1'));
    expect({ dropped, calls: upstream.calls }).toEqual({ dropped: ['late'], calls: [] });
  });

  test('on one partition does not stop another', async () => {
    const { progress, request, run } = setUp({ p1: estimate(5) });
    await progress.beat([1]);
    const { sent } = await run({ ...(await request('p1')), partition: 1 });
    expect(valuesOf(sent)).toEqual([{ p1: 5 }]);
  });
});

describe('an upstream in trouble', () => {
  test('costs the record its warm-up, and nobody tries the home for half a second', async () => {
    const { cache, clock, progress, request, run, upstream, counted, outcomes } = setUp({ p1: estimate(5) });
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
    const { progress, request, run, upstream, counted } = setUp({ p2: estimate(6) }, { concurrentRecordsMax: 1 });
    await progress.beat([0]);
    upstream.failNext(new SourceThrottled(2_000));
    const { sent, dropped } = await run(await request('p1'), await request('p2'));
    expect({ sent, dropped }).toEqual({ sent: [], dropped: ['upstream-failed', 'upstream-throttled'] });
    expect(upstream.calls).toEqual([['p1']]);
    expect(nonzero(counted)).toEqual({ failed: 1, throttled: 1 });
  });
});

test('a cache that is down holds the record back, and nothing is paid twice', async () => {
  const { cache, clock, progress, request, run, upstream } = setUp({ p1: estimate(5) });
  await progress.beat([0]);
  const record = await request('p1');
  cache.faults.unavailable = true;
  clock.after(50, () => void (cache.faults.unavailable = false));
  const { sent } = await run(record);
  expect(valuesOf(sent)).toEqual([{ p1: 5 }]);
  expect(upstream.calls).toEqual([['p1']]);
});

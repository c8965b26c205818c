import { describe, expect, test } from '@jest/globals';
import {
  topics,
  type Estimate,
  type Facts,
  type RequestedHome,
  type WarmupEstimates,
  type WarmupRequests,
} from '@porchlight/contracts';
import {
  CacheUnavailable,
  memoryEstimateCache,
  memoryWriterProgress,
  reachedAnswersOver,
} from '@porchlight/estimate-cache';
import {
  batchingSource,
  disciplinedSource,
  SourceThrottled,
  SourceUnavailable,
  type DisciplineOptions,
} from '@porchlight/estimate-source';
import {
  memoryBudgetStore,
  memoryEstimateSource,
  silentSourceMeter,
  unlimited,
} from '@porchlight/estimate-source/testing';
import { createTestRun, ManualClock, runTask, type StreamState, type TestRecord } from '@porchlight/stream';
import { createDataFetcher } from './data-fetcher.task.ts';
import { areOutputsBlocked } from './outputs-blocked.ts';

const START = new ManualClock().now();
const estimate = (valueUsd: number): Estimate => ({
  estimateVersion: 3,
  valueUsd,
  lowUsd: 1,
  highUsd: 9,
  computedAt: 1,
});
const facts: Facts = { visibilityVersion: 1, status: 'off_market', mlsId: null, overrideLevel: null, checkedAt: START };

/** For a queue that is waited in: the linger passes by itself, what is longer on the manual clock. */
const batchClock = (clock: ManualClock) => ({
  after(delayMs: number, run: () => void) {
    if (delayMs >= 1_000) return clock.after(delayMs, run);
    const timer = setTimeout(run, delayMs);
    return { cancel: () => clearTimeout(timer) };
  },
  soon: (run: () => void) => void setImmediate(run),
});

interface SetUp {
  readonly lingerMs: number;
  readonly concurrentRecordsMax: number;
  readonly requestsInFlightMax: number;
  readonly isQueueManual: boolean;
  readonly discipline: Partial<DisciplineOptions>;
  readonly budget: Pick<DisciplineOptions['budget'], 'requestsPerS' | 'itemsPerS' | 'burstS' | 'reserveShare'>;
}

function setUp(
  known: Record<string, Estimate> = {},
  {
    lingerMs = 0,
    concurrentRecordsMax = 8,
    requestsInFlightMax = 4,
    isQueueManual = false,
    discipline = {},
    budget = { requestsPerS: 0, itemsPerS: 0, burstS: 1, reserveShare: 0.5 },
  }: Partial<SetUp> = {},
) {
  const clock = new ManualClock(START);
  const cache = memoryEstimateCache({ clock });
  const progress = memoryWriterProgress({ clock });
  const upstream = memoryEstimateSource(known);
  const counted: Record<string, number> = {};
  const outcomes: string[] = [];
  const meter = { ...silentSourceMeter, called: (outcome: string) => void outcomes.push(outcome) };
  const store = memoryBudgetStore(clock);
  const paid = disciplinedSource(
    upstream,
    unlimited(clock, { meter, budget: { ...budget, store, localShare: 0.1 }, ...discipline }),
  );
  let state: () => Pick<StreamState, 'waitingFor'> = () => ({ waitingFor: [] });
  const definition = createDataFetcher({
    cache,
    answersOf: reachedAnswersOver(cache),
    progress,
    source: batchingSource(paid, {
      lingerMs,
      requestsInFlightMax,
      backgroundInFlightMax: requestsInFlightMax,
      queueMs: 3_000,
      ...(isQueueManual ? { clock: batchClock(clock) } : {}),
    }),
    upstream: paid,
    outputsBlocked: () => areOutputsBlocked(state()),
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
    discipline: paid,
    /** A process of the app on a log in memory, for faults of the log. */
    startMember: async () => {
      const testRun = createTestRun({
        definitions: [{ ...definition, startFrom: 'earliest' }],
        clock,
        settings: { retryMostMs: 200 },
      });
      const member = await testRun.startMember();
      state = () => member.state();
      return { testRun, member };
    },
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

  test('whose node of Redis does not answer are not paid for, those of the others are', async () => {
    const { cache, progress, request, run, upstream, counted } = setUp({ p1: estimate(5), p2: estimate(6) });
    await progress.beat([0]);
    const record = await request('p1', 'p2');
    cache.faults.lostHomes = new Set(['p1']);
    expect(valuesOf((await run(record)).sent)).toEqual([{ p2: 6 }]);
    expect(upstream.calls).toEqual([['p2']]);
    expect(nonzero(counted)).toEqual({ worthless: 1, fetched: 1 });
  });

  test('that are all of a node that does not answer are not paid for, and hold up no other record', async () => {
    const { cache, progress, request, run, upstream } = setUp({ p1: estimate(5), p2: estimate(6) });
    await progress.beat([0]);
    const records = [await request('p1'), await request('p2')];
    cache.faults.lostHomes = new Set(['p1']);
    const { sent, dropped, retried } = await run(...records);
    expect([valuesOf(sent), dropped, retried]).toEqual([[{ p2: 6 }], ['worthless'], []]);
    expect(upstream.calls).toEqual([['p2']]);
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

  test('that asks for a pause is left alone by every partition, the ones with a call in the queue too', async () => {
    const { progress, request, run, upstream, counted } = setUp({}, { requestsInFlightMax: 1 });
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
    const { cache, progress, request, run, upstream, counted } = setUp(
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
    const { clock, progress, request, run, upstream, discipline } = setUp(
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
    const { cache, progress, request, run, upstream } = setUp({}, { concurrentRecordsMax: 1 });
    await progress.beat([0]);
    upstream.failNext(new SourceThrottled(2_000));
    await run(await request('asked'), await request('shed'));
    const user = async (propertyId: string) =>
      (await cache.acquire([{ propertyId, nonce: 'a user' }], 's'))[0]?.outcome;
    expect([await user('asked'), await user('shed')]).toEqual(['wait', 'win']);
  });

  test('that is so slow that no call can begin costs the homes in the queue nothing but their warm-up', async () => {
    const { cache, clock, progress, request, startMember, upstream, counted } = setUp(
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
    const { cache, clock, progress, request, startMember, upstream, counted } = setUp(
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
    const { cache, clock, progress, request, run, upstream, counted } = setUp({ p1: estimate(5) });
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
    const { cache, progress, request, run, upstream, counted } = setUp({ 'home-100': estimate(5) });
    await progress.beat([0]);
    upstream.failNext(new SourceUnavailable('told to be'));
    const record = await request(...Array.from({ length: 101 }, (_, at) => `home-${at}`));
    const { sent, dropped } = await run(record);
    expect([valuesOf(sent), dropped, nonzero(counted)]).toEqual([[{ 'home-100': 5 }], [], { failed: 100, fetched: 1 }]);
    expect(await nextOutcome(cache, 'home-0')).toBe('wait');
  });

  test('and a cache that is down as well: the record is given up, and nothing is paid twice', async () => {
    const { cache, progress, request, run, upstream } = setUp();
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

test('a record of more homes than a call carries costs more calls, and no process', async () => {
  const { progress, request, run, upstream } = setUp({ 'home-0': estimate(5), 'home-249': estimate(6) });
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
  const { clock, progress, request, startMember, upstream } = setUp(known);
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
  const { cache, clock, progress, request, run, upstream } = setUp({ p1: estimate(5) });
  await progress.beat([0]);
  const record = await request('p1');
  cache.faults.unavailable = true;
  clock.after(50, () => void (cache.faults.unavailable = false));
  const { sent } = await run(record);
  expect(valuesOf(sent)).toEqual([{ p1: 5 }]);
  expect(upstream.calls).toEqual([['p1']]);
});

import { describe, expect, test } from '@jest/globals';
import { topics, type Estimate, type Facts, type Ticket, type WarmupEstimates } from '@porchlight/contracts';
import { memoryEstimateCache, storedAnswersOver } from '@porchlight/estimate-cache';
import { ManualClock, runTask, type TestRecord } from '@porchlight/stream';
import { createDataWriter } from './data-writer.task.ts';
import { HoldFull } from './hold-full.ts';
import { warmupTimeOf, type WarmupTime } from './warmup-times.ts';

const START = new ManualClock().now();
const estimate: Estimate = { estimateVersion: 3, valueUsd: 5, lowUsd: 4, highUsd: 6, computedAt: 1 };
const facts: Facts = { visibilityVersion: 1, status: 'off_market', mlsId: null, overrideLevel: null, checkedAt: START };

function setUp() {
  const clock = new ManualClock(START);
  const cache = memoryEstimateCache({ clock });
  const counted: Record<string, number> = {};
  const times: WarmupTime[] = [];
  const held: string[] = [];
  const hold = { isFull: false };
  const definition = createDataWriter({
    cache,
    clock,
    unreached: {
      checkRoom() {
        if (hold.isFull) throw new HoldFull(held.length);
      },
      hold: (homes) => void held.push(...homes.map(({ request }) => request.propertyId)),
    },
    answersOf: storedAnswersOver(cache),
    count: (outcome, homes) => void (counted[outcome] = (counted[outcome] ?? 0) + homes),
    onWarm: (time) => void times.push(time),
  });
  const ticketFor = async (propertyId: string): Promise<Ticket> => {
    const [answer] = await cache.acquire([{ propertyId, nonce: `n-${propertyId}` }], 'w');
    if (answer?.outcome !== 'win') throw new Error('a first caller wins');
    return answer.ticket;
  };
  const fetched = async (...propertyIds: string[]): Promise<TestRecord<WarmupEstimates>> => {
    const items = await Promise.all(
      propertyIds.map(async (propertyId) => ({
        propertyId,
        ticket: await ticketFor(propertyId),
        facts,
        estimate,
        fetchedAt: START + 60,
      })),
    );
    const value = { forecastId: 'f', tile: '16/1/1', items, viewedAt: START, askedAt: START + 10 };
    return { topic: topics.warmupEstimates, key: '16/1/1', value };
  };
  return {
    clock,
    cache,
    counted,
    times,
    held,
    hold,
    fetched,
    run: (...records: TestRecord<WarmupEstimates>[]) => runTask(definition, records, { clock }),
  };
}

describe('fetched estimates', () => {
  test('are in the cache afterwards, as the warm-up that they are', async () => {
    const { cache, counted, fetched, run } = setUp();
    await run(await fetched('p1', 'p2'));
    const stored = await cache.read(['p1', 'p2']);
    expect(stored.map((value) => [value?.class, value?.estimateVersion, value?.facts])).toEqual([
      ['w', 3, facts],
      ['w', 3, facts],
    ]);
    expect(counted).toEqual({ ok: 2 });
  });

  test('are written however late they come: the ticket decides', async () => {
    const { cache, clock, fetched, run } = setUp();
    const record = await fetched('p1');
    await clock.advance(60_000);
    const { dropped } = await run(record);
    expect(dropped).toEqual([]);
    expect((await cache.read(['p1']))[0]?.estimateVersion).toBe(3);
  });

  test('of a home that was changed meanwhile are refused, and the others of the record are not', async () => {
    const { cache, counted, fetched, run } = setUp();
    const record = await fetched('p1', 'p2');
    await cache.invalidate([{ propertyId: 'p1', visibilityVersion: 2 }]);
    await run(record);
    expect((await cache.read(['p1', 'p2'])).map((value) => value?.propertyId ?? null)).toEqual([null, 'p2']);
    expect(counted).toEqual({ epoch: 1, ok: 1 });
  });

  test('that are refused one and all are dropped, which shows', async () => {
    const { cache, fetched, run } = setUp();
    const record = await fetched('p1');
    await cache.invalidate([{ propertyId: 'p1', visibilityVersion: 2 }]);
    expect((await run(record)).dropped).toEqual(['refused']);
  });

  test('that come again change nothing', async () => {
    const { cache, counted, fetched, run } = setUp();
    const record = await fetched('p1');
    await run(record, record);
    expect((await cache.read(['p1']))[0]?.estimateVersion).toBe(3);
    expect(Object.keys(counted).sort()).toEqual(['ok', 'older']);
  });

  test('do not wait for those of another record of their partition: the ticket decides, not the order', async () => {
    const { cache, fetched, run } = setUp();
    const records = [await fetched('p1'), await fetched('p2')];
    const fill = cache.fill.bind(cache);
    const second = Promise.withResolvers<void>();
    cache.fill = async (requests) => {
      if (requests[0]?.propertyId === 'p1') await second.promise;
      else second.resolve();
      return fill(requests);
    };
    const { committed } = await run(...records);
    expect((await cache.read(['p1', 'p2'])).map((value) => value?.propertyId)).toEqual(['p1', 'p2']);
    expect(committed).toEqual({ 'warmup.estimates/0': 2n });
  });

  test('of one home, in whatever order they come, leave the newest', async () => {
    const left = [];
    for (const turn of [1, -1]) {
      const { cache, fetched, run } = setUp();
      const record = await fetched('p1');
      const items =
        record.value?.items.map((item) => ({ ...item, estimate: { ...estimate, estimateVersion: 4 } })) ?? [];
      const newer = { ...record, value: { ...(record.value as WarmupEstimates), items } };
      await run(...[record, newer].sort(() => turn));
      left.push((await cache.read(['p1']))[0]?.estimateVersion);
    }
    expect(left).toEqual([4, 4]);
  });

  test('wait while the cache is down, and none is lost', async () => {
    const { cache, clock, fetched, run } = setUp();
    const record = await fetched('p1');
    cache.faults.unavailable = true;
    clock.after(50, () => void (cache.faults.unavailable = false));
    const { retried, parked } = await run(record);
    expect([new Set(retried), parked]).toEqual([new Set(['CACHE_UNAVAILABLE']), []]);
    expect((await cache.read(['p1']))[0]?.estimateVersion).toBe(3);
  });
});

describe('while a node of Redis is away', () => {
  test('the homes of the others are filled once, and its own are put aside', async () => {
    const { cache, counted, fetched, held, run } = setUp();
    const record = await fetched('p1', 'p2', 'p3');
    cache.faults.lostHomes = new Set(['p2']);
    const { retried, dropped, committed } = await run(record);
    expect([retried, dropped, committed]).toEqual([[], [], { 'warmup.estimates/0': 1n }]);
    expect([counted, held]).toEqual([{ ok: 2 }, ['p2']]);
    expect((await cache.read(['p1', 'p3'])).map((value) => value?.propertyId)).toEqual(['p1', 'p3']);
  });

  test('a record of its homes alone holds up no other', async () => {
    const { cache, counted, fetched, held, run } = setUp();
    const records = [await fetched('p1'), await fetched('p2')];
    cache.faults.lostHomes = new Set(['p1']);
    const { retried, committed } = await run(...records);
    expect([retried, committed]).toEqual([[], { 'warmup.estimates/0': 2n }]);
    expect([counted, held]).toEqual([{ ok: 1 }, ['p1']]);
  });

  test('and too many of which wait hold the partition: it is not written twice, and nothing is dropped', async () => {
    const { cache, clock, counted, fetched, hold, run } = setUp();
    hold.isFull = true;
    let fills = 0;
    const fill = cache.fill.bind(cache);
    cache.fill = (requests) => {
      fills += 1;
      return fill(requests);
    };
    clock.after(500, () => void (hold.isFull = false));
    const { dropped, retried, committed } = await run(await fetched('p1'));
    expect([new Set(retried), dropped, committed]).toEqual([new Set(['HOLD_FULL']), [], { 'warmup.estimates/0': 1n }]);
    expect([fills, counted]).toEqual([1, { ok: 1 }]);
  });

  test('a record that is refused but for a home that waits is not dropped as refused', async () => {
    const { cache, counted, fetched, held, run } = setUp();
    const record = await fetched('p1', 'p2');
    await cache.invalidate([{ propertyId: 'p1', visibilityVersion: 2 }]);
    cache.faults.lostHomes = new Set(['p2']);
    expect([(await run(record)).dropped, counted, held]).toEqual([[], { epoch: 1 }, ['p2']]);
  });
});

describe('how long a warm-up took', () => {
  test('is measured for each home that is stored', async () => {
    const { clock, times, fetched, run } = setUp();
    const record = await fetched('p1');
    await clock.advance(100);
    await run(record);
    expect(times).toEqual([{ warmupMs: 100, pipelineMs: 50 }]);
  });

  test('is not the pipeline’s where nobody said when upstream was asked', () => {
    expect(warmupTimeOf({ viewedAt: 0, askedAt: null }, { fetchedAt: 60 }, 100)).toEqual({
      warmupMs: 100,
      pipelineMs: null,
    });
  });

  test('is never negative, whatever the clocks say', () => {
    expect(warmupTimeOf({ viewedAt: 500, askedAt: 90 }, { fetchedAt: 60 }, 100)).toEqual({
      warmupMs: 0,
      pipelineMs: 0,
    });
  });
});

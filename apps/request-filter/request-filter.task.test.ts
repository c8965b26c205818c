import { describe, expect, test } from '@jest/globals';
import { topics, type Facts, type WarmupCandidates, type WarmupRequests } from '@porchlight/contracts';
import { memoryEstimateCache, storedAnswersOver, warmNonce } from '@porchlight/estimate-cache';
import { CatalogUnavailable } from '@porchlight/property-catalog';
import { createTestRun, ManualClock, runTask, type TestRecord } from '@porchlight/stream';
import type { MlsRule } from '@porchlight/visibility';
import { createRequestFilter } from './request-filter.task.ts';

const START = new ManualClock().now();
const TTL_OFF_MARKET_MS = 4 * 3_600_000;

const factsWith = (fields: Partial<Facts> = {}): Facts => ({
  visibilityVersion: 1,
  status: 'off_market',
  mlsId: null,
  overrideLevel: null,
  checkedAt: START,
  ...fields,
});
const asked = (propertyIds: string[], fields: Partial<WarmupCandidates> = {}): TestRecord<WarmupCandidates> => ({
  topic: topics.warmupCandidates,
  key: '16/1/1',
  value: {
    forecastId: 'f',
    strategy: 'ring',
    tile: '16/1/1',
    chunk: 0,
    propertyIds,
    probability: 0.2,
    viewedAt: START,
    deadlineAt: START + 10_000,
    ...fields,
  },
});

/** @param homes the facts of the homes that exist */
function setUp(
  homes: Record<string, Facts>,
  { rules = [] as MlsRule[], usable = (): boolean => true, slowFacts = [] as string[] } = {},
) {
  const clock = new ManualClock(START);
  const cache = memoryEstimateCache({ clock });
  const counted: Record<string, number> = {};
  const failures: Error[] = [];
  const calls: string[] = [];
  const behind: number[] = [];
  const others = Promise.withResolvers<void>();
  const noting = <A extends unknown[], R>(name: string, call: (...args: A) => Promise<R>) => {
    return (...args: A) => {
      calls.push(name);
      return call(...args);
    };
  };
  const ports = {
    cache: {
      ...cache,
      acquire: noting('acquire', (...args: Parameters<typeof cache.acquire>) => cache.acquire(...args)),
      read: noting('read', (...args: Parameters<typeof cache.read>) => cache.read(...args)),
    },
    catalog: {
      factsOf: noting('factsOf', async (ids: readonly string[]) => {
        const failure = failures.shift();
        if (failure !== undefined) throw failure;
        // slow: answered once everybody else has been
        if (ids.some((id) => slowFacts.includes(id))) await others.promise;
        else others.resolve();
        return new Map(ids.flatMap((id) => (homes[id] === undefined ? [] : [[id, homes[id]]])));
      }),
    },
    answersOf: storedAnswersOver(cache),
    rules: { get: (mlsId: string) => rules.find((rule) => rule.mlsId === mlsId), isUsable: usable },
    clock,
    quietMs: 2_000,
    count: (outcome: string, amount: number) => void (counted[outcome] = (counted[outcome] ?? 0) + amount),
    onBehind: (homes: number) => void behind.push(homes),
  };
  // the test runner puts its records into the log before the group joins
  const task = { ...createRequestFilter(ports), startFrom: 'earliest' as const };
  return {
    task,
    cache,
    clock,
    counted,
    failures,
    calls,
    behind,
    run: (...records: TestRecord<WarmupCandidates>[]) => runTask(task, records, { clock }),
  };
}

const requestsOf = (sent: readonly { value: unknown }[]) => sent.map(({ value }) => value as WarmupRequests);
const idsOf = (sent: readonly { value: unknown }[]) =>
  requestsOf(sent).map(({ items }) => items.map(({ propertyId }) => propertyId));
const nonzero = (counted: Record<string, number>) =>
  Object.fromEntries(Object.entries(counted).filter(([, amount]) => amount > 0));

async function fillHome(cache: ReturnType<typeof memoryEstimateCache>, propertyId: string): Promise<void> {
  const [won] = await cache.acquire([{ propertyId, nonce: 'earlier' }], 's');
  if (won?.outcome !== 'win') throw new Error('a first caller wins');
  const estimate = { estimateVersion: 1, valueUsd: 5, lowUsd: 4, highUsd: 6, computedAt: 1 };
  await cache.fill([{ propertyId, class: 's', ticket: won.ticket, facts: factsWith(), estimate }]);
}

describe('what passes', () => {
  test('a home of which facts alone are cached, if anybody may see it', async () => {
    const { run, cache } = setUp({ p1: factsWith({ overrideLevel: 'agent' }) });
    const [won] = await cache.acquire([{ propertyId: 'p1', nonce: 'a viewer' }], 's');
    if (won?.outcome !== 'win') throw new Error('a first caller wins');
    const facts = factsWith({ overrideLevel: 'agent' });
    await cache.fill([{ propertyId: 'p1', class: 's', ticket: won.ticket, facts, estimate: 'unknown' }]);
    const { sent } = await run(asked(['p1']));
    expect(idsOf(sent)).toEqual([['p1']]);
  });

  test('a home that is not cached, with a ticket that names the record, and the facts read after it', async () => {
    const { run, calls, counted } = setUp({ p1: factsWith({ visibilityVersion: 7 }) });
    const { sent } = await run(asked(['p1']));
    const nonce = warmNonce({ topic: topics.warmupCandidates.name, partition: 0, offset: 0n, propertyId: 'p1' });
    expect(sent.map(({ topic, key }) => [topic, key])).toEqual([[topics.warmupRequests.name, '16/1/1']]);
    expect(requestsOf(sent)).toEqual([
      {
        forecastId: 'f',
        tile: '16/1/1',
        viewedAt: START,
        deadlineAt: START + 10_000,
        items: [
          {
            propertyId: 'p1',
            ticket: { epoch: expect.any(String), nonce, acquiredAt: START, seenSoftExpiryAt: null },
            facts: factsWith({ visibilityVersion: 7 }),
          },
        ],
      },
    ]);
    expect(calls).toEqual(['read', 'acquire', 'factsOf']);
    expect(nonzero(counted)).toEqual({ requested: 1 });
  });

  test('a cached home near its end, with the soft expiry that was seen', async () => {
    const { run, cache, clock } = setUp({ p1: factsWith() });
    await fillHome(cache, 'p1');
    const [cached] = await cache.read(['p1']);
    await clock.advance(TTL_OFF_MARKET_MS * 0.81);
    const { sent } = await run(asked(['p1'], { deadlineAt: clock.now() + 10_000 }));
    expect(requestsOf(sent)[0]?.items[0]?.ticket.seenSoftExpiryAt).toBe(cached?.softExpiryAt);
  });
});

describe('what does not pass', () => {
  test('a cached home with more than a fifth of its life left', async () => {
    const { run, cache, clock, counted } = setUp({ p1: factsWith() });
    await fillHome(cache, 'p1');
    await clock.advance(TTL_OFF_MARKET_MS * 0.79);
    const { sent, dropped } = await run(asked(['p1'], { deadlineAt: clock.now() + 10_000 }));
    expect({ sent, dropped, counted: nonzero(counted) }).toEqual({
      sent: [],
      dropped: ['nothing-to-fetch'],
      counted: { cached: 1 },
    });
  });

  test('a home that somebody else is fetching', async () => {
    const { run, cache, counted } = setUp({ p1: factsWith(), p2: factsWith() });
    await cache.acquire([{ propertyId: 'p1', nonce: 'other' }], 's');
    expect(idsOf((await run(asked(['p1', 'p2']))).sent)).toEqual([['p2']]);
    expect(nonzero(counted)).toEqual({ leased: 1, requested: 1 });
  });

  test('a home whose node of Redis does not answer, while those of the others do', async () => {
    const { run, cache, counted } = setUp({ p1: factsWith(), p2: factsWith() });
    cache.faults.lostHomes = new Set(['p1']);
    expect(idsOf((await run(asked(['p1', 'p2']))).sent)).toEqual([['p2']]);
    expect(nonzero(counted)).toEqual({ unreachable: 1, requested: 1 });
  });

  test('a record whose homes are all of a node that does not answer, and it holds up no other', async () => {
    const { run, cache, counted } = setUp({ p1: factsWith(), p2: factsWith() });
    cache.faults.lostHomes = new Set(['p1']);
    const { sent, dropped, retried } = await run(asked(['p1']), asked(['p2'], { tile: '16/2/1' }));
    expect([idsOf(sent), dropped, retried]).toEqual([[['p2']], ['nothing-to-fetch'], []]);
    expect(nonzero(counted)).toEqual({ unreachable: 1, requested: 1 });
  });

  test('a home that was a candidate a moment ago, in whatever tile', async () => {
    const { run, counted } = setUp({ p1: factsWith(), p2: factsWith() });
    const { sent } = await run(asked(['p1']), asked(['p1', 'p2'], { tile: '16/2/1' }), asked(['p2']));
    expect(idsOf(sent)).toEqual([['p1'], ['p2']]);
    expect(nonzero(counted)).toEqual({ requested: 2, duplicate: 2 });
  });

  test('a home that does not exist: its flight is dropped, so that nothing is left of it', async () => {
    const { run, cache, counted } = setUp({});
    expect((await run(asked(['nowhere']))).sent).toEqual([]);
    expect(cache.stateOf('nowhere')).toEqual({ value: null, flight: null });
    expect(nonzero(counted)).toEqual({ unknown: 1 });
  });

  test.each([
    ['its seller', factsWith({ overrideLevel: 'nobody' }), []],
    [
      'its MLS',
      factsWith({ mlsId: 'm' }),
      [{ mlsId: 'm', ruleVersion: 1, activeLevel: 'agent', offMarketLevel: 'nobody' }],
    ],
    ['an MLS that nobody knows', factsWith({ mlsId: 'm' }), []],
  ] as const)(
    'a home that %s hides from everybody: nothing is paid, its facts are kept alone, and its lease is free at once',
    async (_who, facts, rules) => {
      const { run, cache, counted } = setUp({ p1: facts }, { rules: [...rules] });
      expect((await run(asked(['p1']))).sent).toEqual([]);
      expect(nonzero(counted)).toEqual({ hidden: 1 });
      expect(cache.stateOf('p1').value).toMatchObject({ class: 'w', facts, isFactsOnly: true });
      const [next] = await cache.acquire([{ propertyId: 'p1', nonce: 'next' }], 'w');
      expect(next?.outcome).toBe('win');
    },
  );

  test('a home whose cached facts hide it from everybody: no lease, and no look at the database', async () => {
    const { run, clock, calls, counted } = setUp({ p1: factsWith({ overrideLevel: 'nobody' }) });
    await run(asked(['p1']));
    calls.length = 0;
    await clock.advance(3_000); // no duplicate any more
    expect((await run(asked(['p1']))).sent).toEqual([]);
    expect([calls, nonzero(counted)]).toEqual([['read'], { hidden: 2 }]);
  });

  test('the same near the end of those facts: they are read again and kept', async () => {
    const { run, cache, clock, calls } = setUp({ p1: factsWith({ overrideLevel: 'nobody' }) });
    await run(asked(['p1']));
    await clock.advance(TTL_OFF_MARKET_MS * 0.81);
    calls.length = 0;
    const later = { viewedAt: clock.now(), deadlineAt: clock.now() + 10_000 };
    expect((await run(asked(['p1'], later))).sent).toEqual([]);
    expect(calls).toEqual(['read', 'acquire', 'factsOf']);
    expect(cache.stateOf('p1').value).toMatchObject({ isFactsOnly: true, acquiredAt: clock.now() });
  });

  test('a home whose facts are older than what the cache has been told', async () => {
    const { run, cache, counted } = setUp({ p1: factsWith({ visibilityVersion: 4 }) });
    await cache.acquire([{ propertyId: 'p1', nonce: 'earlier' }], 'w');
    await cache.invalidate([{ propertyId: 'p1', visibilityVersion: 5 }]);
    expect((await run(asked(['p1']))).sent).toEqual([]);
    expect(nonzero(counted)).toEqual({ behind: 1 });
  });

  test('a record past its deadline', async () => {
    const { run } = setUp({ p1: factsWith() });
    expect((await run(asked(['p1'], { deadlineAt: START - 1 }))).dropped).toEqual(['late']);
  });
});

describe('facts behind the fence', () => {
  test('raise an alarm with how many homes, once a minute at most, whatever the partition', async () => {
    const homes = Object.fromEntries(['p1', 'p2', 'p3', 'p4', 'p5'].map((id) => [id, factsWith()]));
    const { run, cache, clock, behind } = setUp(homes);
    for (const propertyId of Object.keys(homes)) {
      await cache.acquire([{ propertyId, nonce: 'a user' }], 's');
      await cache.invalidate([{ propertyId, visibilityVersion: 5 }]);
    }
    await run(asked(['p1', 'p2']));
    expect(behind).toEqual([2]);
    await run({ ...asked(['p3']), partition: 1 }, asked(['p4']));
    await clock.advance(60_000);
    await run(asked(['p5'], { deadlineAt: START + 100_000 }));
    expect(behind).toEqual([2, 3]);
  });

  test('of nobody raise none', async () => {
    const { run, behind } = setUp({ p1: factsWith() });
    await run(asked(['p1']));
    expect(behind).toEqual([]);
  });
});

test('a record does not wait for another of its partition', async () => {
  const { task, clock, calls } = setUp({ p1: factsWith(), p2: factsWith() }, { slowFacts: ['p1'] });
  const { sent } = await runTask(task, [asked(['p1']), asked(['p2'])], { clock });
  expect(idsOf(sent)).toEqual([['p2'], ['p1']]);
  expect(calls.filter((call) => call === 'factsOf').length).toBe(2);
});

describe('when something is down or comes again', () => {
  test('a home that an agent may see passes: only nobody is nobody', async () => {
    const { run } = setUp({ p1: factsWith({ overrideLevel: 'agent' }) });
    expect(idsOf((await run(asked(['p1']))).sent)).toEqual([['p1']]);
  });

  test('a database that is down after the tickets were drawn: the record is tried again and wins its own tickets', async () => {
    const { run, failures, counted } = setUp({ p1: factsWith() });
    failures.push(new CatalogUnavailable('told to be'));
    const { sent, retried } = await run(asked(['p1']));
    expect(retried).toEqual(['CATALOG_UNAVAILABLE']);
    expect(idsOf(sent)).toEqual([['p1']]);
    expect(nonzero(counted)).toEqual({ requested: 1 });
  });

  test('a redelivered record passes again, in the same task and in another', async () => {
    const { task, clock } = setUp({ p1: factsWith() });
    const run = createTestRun({ definitions: [task], clock });
    run.append(asked(['p1']));
    const first = await run.startMember();
    await run.until(() => run.log.readTopic(topics.warmupRequests.name).length === 1);
    await first.crash();
    run.log.commit(run.groupId, { topic: topics.warmupCandidates.name, partition: 0 }, 0n);
    await run.startMember();
    await run.until(() => run.log.readTopic(topics.warmupRequests.name).length === 2);
    const [before, after] = requestsOf(await run.sent());
    expect(after?.items[0]?.ticket).toEqual(before?.items[0]?.ticket);
    await run.stop();
  });

  test('rules that are too old to decide with hold the record back', async () => {
    let tries = 0;
    const { run } = setUp({ p1: factsWith() }, { usable: () => (tries += 1) > 2 });
    const { sent, retried } = await run(asked(['p1']));
    expect(retried).toEqual(['RULES_TOO_OLD', 'RULES_TOO_OLD']);
    expect(idsOf(sent)).toEqual([['p1']]);
  });

  test('a cache that is down holds the record back', async () => {
    const { run, cache, clock } = setUp({ p1: factsWith() });
    cache.faults.unavailable = true;
    clock.after(50, () => void (cache.faults.unavailable = false));
    const { sent, retried } = await run(asked(['p1']));
    expect(new Set(retried)).toEqual(new Set(['CACHE_UNAVAILABLE']));
    expect(idsOf(sent)).toEqual([['p1']]);
  });
});

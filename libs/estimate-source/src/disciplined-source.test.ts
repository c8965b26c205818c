import { describe, expect, test } from '@jest/globals';
import { disciplinedSource, type DisciplineOptions } from './disciplined-source.ts';
import { SourceMisbehaved, SourceThrottled, SourceUnavailable } from './source-errors.ts';
import { manualSourceClock, memoryBudgetStore, memoryEstimateSource, unlimited } from './testing/index.ts';

const breaker = { failureShare: 0.5, windowMs: 10_000, callsMin: 4, openMs: 60_000 };

function bench(changes: Partial<DisciplineOptions> = {}) {
  const clock = manualSourceClock();
  const upstream = memoryEstimateSource();
  const store = memoryBudgetStore(clock);
  const metered: string[] = [];
  const logged: object[] = [];
  const source = disciplinedSource(
    upstream,
    unlimited(clock, {
      budget: { store, requestsPerS: 0, itemsPerS: 0, burstS: 1, reserveShare: 0.5, localShare: 0.1 },
      meter: {
        called: (outcome, lane) => metered.push(`called ${outcome} ${lane}`),
        refused: (code, lane) => metered.push(`refused ${code} ${lane}`),
        failed: (verdict) => metered.push(`failed ${verdict}`),
        drew: () => undefined,
        breakerChanged: (state) => metered.push(`breaker ${state}`),
      },
      log: { info: (fields) => logged.push(fields), warn: (fields) => logged.push(fields) },
      ...changes,
    }),
  );
  const codes = async (count: number, lane: 'user' | 'background' = 'user'): Promise<unknown[]> => {
    const told: unknown[] = [];
    for (let time = 0; time < count; time += 1) {
      const call = source.fetch(['a'], { lane }).then(
        () => 'ok',
        (error: unknown) => (error as { code: unknown }).code,
      );
      await clock.settle();
      told.push(await call);
    }
    return told;
  };
  return { clock, upstream, store, metered, logged, source, codes };
}

test('an answer says when its call went out, and the meter whose it was', async () => {
  const { clock, metered, source } = bench();
  await clock.move(7);
  const { askedAt } = await source.fetch(['a'], { lane: 'background' });
  expect([askedAt, metered]).toEqual([7, ['called ok background']]);
});

describe('the breaker', () => {
  test.each([
    ['calls without an answer', new SourceUnavailable('no answer')],
    ['answers that cannot be understood', new SourceMisbehaved('not JSON')],
  ])('opens for %s: then nothing is asked, nothing is drawn, and somebody is told', async (_what, error) => {
    const { upstream, store, metered, logged, source, codes } = bench({ breaker });
    upstream.failAlways(error);
    await codes(4);
    const [asked, calls] = [store.asked(), upstream.calls.length];
    expect(await codes(3)).toEqual(Array(3).fill('SOURCE_BROKEN'));
    expect([store.asked() - asked, upstream.calls.length - calls, source.breakerState()]).toEqual([0, 0, 'open']);
    expect(metered.filter((what) => !what.startsWith('called') && !what.startsWith('failed'))).toEqual([
      'breaker open',
      ...Array<string>(3).fill('refused SOURCE_BROKEN user'),
    ]);
    expect(logged).toEqual([{ code: 'SOURCE_BROKEN', state: 'open' }]);
  });

  test.each([
    ['a 429', new SourceThrottled(1)],
    ['a caller that left', new SourceUnavailable('the caller left', { kind: 'left' })],
  ])('stays closed for %s', async (_what, error) => {
    const { clock, upstream, source } = bench({ breaker });
    for (let time = 0; time < 20; time += 1) {
      upstream.failNext(error);
      await source.fetch(['a']).catch(() => undefined);
      await clock.move(5);
    }
    expect([source.breakerState(), upstream.calls.length]).toEqual(['closed', 20]);
  });

  test('hears its probe to the end: a caller that leaves meanwhile neither closes nor opens it', async () => {
    const { clock, upstream, source, codes } = bench({ breaker: { ...breaker, openMs: 0 } });
    upstream.failAlways(new SourceUnavailable('no answer'));
    await codes(4);
    upstream.failAlways(null);
    const letGo = upstream.hold();
    const caller = new AbortController();
    const probe = source.fetch(['a'], { signal: caller.signal });
    await clock.settle();
    expect(upstream.open()).toBe(1);
    caller.abort();
    await clock.settle();
    expect(await codes(1)).toEqual(['SOURCE_BROKEN']);
    expect(source.breakerState()).toBe('half-open');
    letGo();
    expect([(await probe).missing, source.breakerState()]).toEqual([new Set(['a']), 'closed']);
  });

  test('knows before a call is made that it would be refused', async () => {
    const { upstream, source, codes } = bench({ breaker });
    expect(source.refusalOf('user')).toBeNull();
    upstream.failAlways(new SourceUnavailable('no answer'));
    await codes(4);
    expect([source.refusalOf('user')?.code, source.refusalOf('background')?.code]).toEqual([
      'SOURCE_BROKEN',
      'SOURCE_BROKEN',
    ]);
  });
});

test('a 429 is a pause: nobody asks until it is over, those for whom nobody waits stay away longer', async () => {
  const { clock, upstream, source, codes } = bench();
  upstream.failNext(new SourceThrottled(1_000));
  expect(await codes(3)).toEqual(['SOURCE_THROTTLED', 'SOURCE_PAUSED', 'SOURCE_PAUSED']);
  expect([source.pausedMs('user'), source.refusalOf('background')?.code]).toEqual([1_000, 'SOURCE_PAUSED']);
  await clock.move(1_000);
  expect([await codes(1, 'background'), await codes(1, 'user')]).toEqual([['SOURCE_PAUSED'], ['ok']]);
  expect(upstream.calls).toHaveLength(2);
});

test('what is above the budget is not asked, and warm-ups are shed before users are', async () => {
  const clock = manualSourceClock();
  const store = memoryBudgetStore(clock);
  const { codes, upstream } = bench({
    clock,
    budget: { store, requestsPerS: 4, itemsPerS: 0, burstS: 1, reserveShare: 0.5, localShare: 0.1 },
  });
  expect(await codes(3, 'background')).toEqual(['ok', 'ok', 'SOURCE_OVER_BUDGET']);
  expect(await codes(3, 'user')).toEqual(['ok', 'ok', 'SOURCE_OVER_BUDGET']);
  expect(upstream.calls).toHaveLength(4);
});

test('a draw whose call is not made, because the breaker opened or a pause began meanwhile, goes back to the fleet', async () => {
  for (const trouble of [new SourceUnavailable('no answer'), new SourceThrottled(1_000)]) {
    const clock = manualSourceClock();
    const store = memoryBudgetStore(clock);
    const returned: number[] = [];
    const budget = { requestsPerS: 100, itemsPerS: 0, burstS: 1, reserveShare: 0.5, localShare: 0.1 };
    const slow = Promise.withResolvers<void>();
    const { upstream, source } = bench({
      clock,
      breaker: { ...breaker, callsMin: 1 },
      budget: {
        ...budget,
        store: {
          pause: () => new Promise(() => undefined), // the store does not hear of it in time
          giveBack: (back) => store.giveBack(back).then(() => void returned.push(back.items)),
          async draw(draw) {
            if (draw.items === 3) await slow.promise;
            return await store.draw(draw);
          },
        },
      },
    });
    const held = source.fetch(['a', 'b', 'c']);
    upstream.failNext(trouble);
    await expect(source.fetch(['a'])).rejects.toBe(trouble);
    slow.resolve();
    await expect(held).rejects.toMatchObject({ code: expect.stringMatching(/^SOURCE_(BROKEN|PAUSED)$/) as unknown });
    await clock.settle();
    expect([returned, upstream.calls]).toEqual([[3], [['a']]]);
  }
});

test('the time that the budget takes is taken from the call, so that both stay within the lease', async () => {
  const { clock, upstream, store, source } = bench();
  const timeouts: (number | undefined)[] = [];
  const fetch = upstream.fetch.bind(upstream);
  upstream.fetch = (ids, options) => (timeouts.push(options?.timeoutMs), fetch(ids, options));
  store.fault = 'hang';
  const answer = source.fetch(['a'], { timeoutMs: 1_200 });
  await clock.move(100);
  await answer;
  expect(timeouts).toEqual([1_100]);
});

test('a retry is a call like any other: it is drawn and measured', async () => {
  const { clock, upstream, store, metered, source } = bench({ retryShare: 1 });
  upstream.failNext(new SourceUnavailable('status 503', { kind: 'never-billed' }));
  const answer = source.fetch(['a']);
  await clock.move(50);
  await answer;
  expect([store.asked(), metered]).toEqual([2, ['called SOURCE_UNAVAILABLE user', 'failed retry', 'called ok user']]);
});

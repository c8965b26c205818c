import { describe, expect, test } from '@jest/globals';
import { mayRetry } from './may-retry.ts';
import { createRetryBudget, RETRIES_SAVED_MAX } from './retry-budget.ts';
import { retryingSource } from './retrying-source.ts';
import {
  SourceBroken,
  SourceMisbehaved,
  SourceOverloaded,
  SourceThrottled,
  SourceUnavailable,
} from './source-errors.ts';
import { manualSourceClock, memoryEstimateSource } from './testing/index.ts';

const refused = (retryAfterMs = 0) => new SourceUnavailable('status 503', { kind: 'never-billed', retryAfterMs });

describe('what may be made again', () => {
  const yes = () => true;
  test.each([
    ['a call that reached nobody, or a 5xx', refused(), 'retry'],
    ['a time-out: it may have been billed', new SourceUnavailable('no answer', { kind: 'maybe-billed' }), 'no-use'],
    ['a caller that left', new SourceUnavailable('the caller left', { kind: 'left' }), 'no-use'],
    ['a 200 that cannot be understood: it is billed', new SourceMisbehaved('not JSON'), 'no-use'],
    ['a 429: it asks for a pause', new SourceThrottled(1_000), 'no-use'],
    ['what was not asked', new SourceOverloaded('full'), 'no-use'],
    ['a bug', new RangeError('0 ids'), 'no-use'],
  ])('%s', (_what, error, verdict) => {
    expect(mayRetry(error, 1_000, yes)).toBe(verdict);
  });

  test('nothing without the time for an answer, and nothing is spent for it', () => {
    let asked = 0;
    const withdraw = () => (asked += 1) > 0;
    expect([mayRetry(refused(), 299, withdraw), asked, mayRetry(refused(), 300, withdraw)]).toEqual([
      'no-time',
      0,
      'retry',
    ]);
  });

  test('nothing above the budget', () => {
    expect(mayRetry(refused(), 1_000, () => false)).toBe('no-budget');
  });
});

describe('the budget', () => {
  test('gives a share of the calls, also when all of them fail', () => {
    const budget = createRetryBudget(0.1);
    let retries = 0;
    for (let call = 0; call < 1_000; call += 1) {
      budget.deposit();
      if (budget.withdraw()) retries += 1;
    }
    expect(retries).toBeGreaterThanOrEqual(99); // tenths add up to a little less than their sum
    expect(retries).toBeLessThanOrEqual(100);
  });

  test('saves up a few and no more', () => {
    const budget = createRetryBudget(1);
    for (let call = 0; call < 100; call += 1) budget.deposit();
    const given = Array.from({ length: 100 }, () => budget.withdraw()).filter(Boolean).length;
    expect(given).toBe(RETRIES_SAVED_MAX);
  });
});

describe('a source with retries', () => {
  function bench(retryShare = 1) {
    const clock = manualSourceClock();
    const upstream = memoryEstimateSource();
    const timeouts: (number | undefined)[] = [];
    const verdicts: string[] = [];
    const source = retryingSource(
      { fetch: (ids, options) => (timeouts.push(options?.timeoutMs), upstream.fetch(ids, options)) },
      { retryShare, clock, random: () => 0.5, onFailed: (verdict) => verdicts.push(verdict) },
    );
    const outcome = (call: Promise<unknown>): Promise<unknown> =>
      call.then(
        () => 'ok',
        (error: unknown) => (error as { code: string }).code,
      );
    return { clock, upstream, timeouts, verdicts, source, outcome };
  }

  test('answers from the second call, which has the time that is left', async () => {
    const { clock, upstream, timeouts, verdicts, source, outcome } = bench();
    upstream.failNext(refused());
    const answer = outcome(source.fetch(['a'], { timeoutMs: 1_000 }));
    await clock.move(24);
    expect(upstream.calls).toHaveLength(1);
    await clock.move(1);
    expect([await answer, upstream.calls.length, timeouts, verdicts]).toEqual(['ok', 2, [1_000, 975], ['retry']]);
  });

  test('makes a call twice at most', async () => {
    const { clock, upstream, source, outcome } = bench();
    upstream.failAlways(refused());
    const answer = outcome(source.fetch(['a']));
    await clock.move(1_000);
    expect([await answer, upstream.calls.length]).toEqual(['SOURCE_UNAVAILABLE', 2]);
  });

  test('waits as long as a 503 asks for, and where that is too long gives up at once', async () => {
    const { clock, upstream, verdicts, source, outcome } = bench();
    upstream.failNext(refused(500));
    const patient = outcome(source.fetch(['a'], { timeoutMs: 1_000 }));
    await clock.move(524);
    expect(upstream.calls).toHaveLength(1);
    await clock.move(1);
    expect(await patient).toBe('ok');
    upstream.failNext(refused(1_000));
    expect(await outcome(source.fetch(['a'], { timeoutMs: 1_200 }))).toBe('SOURCE_UNAVAILABLE');
    expect([clock.timers(), verdicts]).toEqual([0, ['retry', 'no-time']]);
  });

  test('tells of the first failure where the retry was not let through: upstream has been asked', async () => {
    const { clock, upstream, source, outcome } = bench();
    upstream.failNext(refused(), new SourceBroken());
    const answer = outcome(source.fetch(['a']));
    await clock.move(1_000);
    expect(await answer).toBe('SOURCE_UNAVAILABLE');
  });

  test('has none where they are switched off', async () => {
    const { upstream, verdicts, source, outcome } = bench(0);
    upstream.failNext(refused());
    expect([await outcome(source.fetch(['a'])), verdicts, upstream.calls.length]).toEqual([
      'SOURCE_UNAVAILABLE',
      ['no-budget'],
      1,
    ]);
  });
});

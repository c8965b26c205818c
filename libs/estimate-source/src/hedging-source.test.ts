import { expect, test } from '@jest/globals';
import type { Estimate } from '@porchlight/contracts';
import { hedgingSource, SourceOverBudget, SourceUnavailable, type EstimateSource, type FetchOptions } from './index.ts';
import { manualSourceClock } from './testing/manual-source-clock.ts';

const AFTER_MS = 250;
const estimate = (estimateVersion: number): Estimate => ({
  estimateVersion,
  valueUsd: 1,
  lowUsd: 1,
  highUsd: 1,
  computedAt: 1,
});

/** A seller whose calls a test ends one by one. */
function bench(share: number) {
  const clock = manualSourceClock();
  const outcomes: string[] = [];
  const calls: { options: FetchOptions; answer: (version: number) => void; fail: (error: Error) => void }[] = [];
  const upstream: EstimateSource = {
    fetch(propertyIds, options = {}) {
      const { promise, resolve, reject } = Promise.withResolvers<Awaited<ReturnType<EstimateSource['fetch']>>>();
      const answer = (version: number): void =>
        resolve({ estimates: new Map(propertyIds.map((id) => [id, estimate(version)])), missing: new Set() });
      calls.push({ options, answer, fail: reject });
      return promise;
    },
  };
  const source = hedgingSource(upstream, {
    share,
    afterMs: AFTER_MS,
    clock,
    onHedged: (how) => void outcomes.push(how),
  });
  const versionOf = async (call: ReturnType<EstimateSource['fetch']>) =>
    (await call).estimates.get('a')?.estimateVersion;
  /** Calls that are answered at once: each brings a share of a second call. */
  const saveUp = async (count: number): Promise<void> => {
    for (let at = 0; at < count; at += 1) {
      const call = source.fetch(['a']);
      calls.at(-1)?.answer(0);
      await call;
    }
    calls.length = 0;
  };
  return { clock, outcomes, calls, source, upstream, versionOf, saveUp };
}

const codeOf = (call: Promise<unknown>): Promise<unknown> =>
  call.then(
    () => 'no error',
    (error: unknown) => (error as { code: unknown }).code,
  );

test('a share of 0 is no hedging at all: the source itself', () => {
  const { upstream, clock } = bench(0);
  expect(hedgingSource(upstream, { share: 0, afterMs: AFTER_MS, clock })).toBe(upstream);
});

test('what is answered in time is asked once', async () => {
  const { source, calls, clock, outcomes, versionOf } = bench(1);
  const call = versionOf(source.fetch(['a']));
  await clock.move(AFTER_MS - 1);
  calls[0]?.answer(1);
  expect(await call).toBe(1);
  await clock.move(10_000);
  expect([calls.length, outcomes, clock.timers()]).toEqual([1, [], 0]);
});

test('what is late is asked once more, with the time that is left; the first answer counts and the other call is ended', async () => {
  const { source, calls, clock, outcomes, versionOf } = bench(1);
  const call = versionOf(source.fetch(['a'], { timeoutMs: 1_000 }));
  await clock.move(AFTER_MS);
  expect(calls.map(({ options }) => options.timeoutMs)).toEqual([1_000, 750]);
  calls[1]?.answer(2);
  expect(await call).toBe(2);
  expect([outcomes, calls.map(({ options }) => options.signal?.aborted)]).toEqual([['won'], [true, false]]);
});

test('the first one may still be first', async () => {
  const { source, calls, clock, outcomes, versionOf } = bench(1);
  const call = versionOf(source.fetch(['a']));
  await clock.move(AFTER_MS);
  calls[0]?.answer(1);
  expect(await call).toBe(1);
  expect([outcomes, calls.map(({ options }) => options.signal?.aborted)]).toEqual([['lost'], [false, true]]);
});

test('one of two that fails is waited out; if both do, the first one is told', async () => {
  const { source, calls, clock, outcomes, versionOf } = bench(1);
  const call = versionOf(source.fetch(['a']));
  await clock.move(AFTER_MS);
  calls[0]?.fail(new SourceUnavailable('a test'));
  await clock.settle();
  calls[1]?.answer(2);
  expect(await call).toBe(2);
  const second = codeOf(source.fetch(['a']));
  await clock.move(AFTER_MS);
  calls[3]?.fail(new Error('another'));
  calls[2]?.fail(new SourceUnavailable('a test'));
  expect(await second).toBe('SOURCE_UNAVAILABLE');
  expect(outcomes).toEqual(['won', 'failed']);
});

test('what fails early is not asked again here', async () => {
  const { source, calls, clock } = bench(1);
  const call = codeOf(source.fetch(['a']));
  calls[0]?.fail(new SourceUnavailable('a test'));
  expect(await call).toBe('SOURCE_UNAVAILABLE');
  await clock.move(10_000);
  expect([calls.length, clock.timers()]).toEqual([1, 0]);
});

test('a second call that the discipline refuses is as if it had not been', async () => {
  const { source, calls, clock, outcomes, versionOf } = bench(1);
  const call = versionOf(source.fetch(['a']));
  await clock.move(AFTER_MS);
  calls[1]?.fail(new SourceOverBudget('requests'));
  await clock.settle();
  calls[0]?.answer(1);
  expect([await call, outcomes]).toEqual([1, ['refused']]);
});

test('no more than the share of calls is made twice', async () => {
  const { source, calls, clock, saveUp } = bench(0.25);
  await saveUp(3);
  for (let at = 0; at < 4; at += 1) void source.fetch(['a']); // the fourth call of all brings the first second one
  await clock.move(AFTER_MS);
  expect(calls).toHaveLength(5);
});

test('what nobody waits for is never asked twice, and brings no share', async () => {
  const { source, calls, clock } = bench(1);
  void source.fetch(['a'], { lane: 'background' });
  await clock.move(10_000);
  expect(calls).toHaveLength(1);
});

test('a call with less time than that is asked once', async () => {
  const { source, calls, clock } = bench(1);
  void source.fetch(['a'], { timeoutMs: AFTER_MS });
  await clock.move(10_000);
  expect(calls).toHaveLength(1);
});

test('a caller who leaves ends both', async () => {
  const { source, calls, clock } = bench(1);
  const caller = new AbortController();
  void source.fetch(['a'], { signal: caller.signal });
  await clock.move(AFTER_MS);
  caller.abort();
  expect(calls.map(({ options }) => options.signal?.aborted)).toEqual([true, true]);
});

import assert from 'node:assert/strict';
import type { Estimate } from '@porchlight/contracts';
import type { EstimateSource } from '../port.ts';

/** What a driver of the suite must be able to arrange. */
export interface SourceUnderTest {
  readonly source: EstimateSource;
  /** Makes upstream know these homes and no others. */
  readonly know: (estimates: Readonly<Record<string, Estimate>>) => void;
  /** Makes the next call go wrong. */
  readonly breakNext: (how: 'throttle' | 'down' | 'misbehave') => void;
  /** Keeps calls without an answer until the end of the test. */
  readonly hang: () => void;
  /** The ids of each call that upstream saw. */
  readonly calls: () => readonly (readonly string[])[];
}

/** One promise of `EstimateSource`: a title, and a check that throws. */
export interface ConformanceCase {
  readonly title: string;
  check(under: SourceUnderTest): Promise<void>;
}

const estimate = (estimateVersion: number): Estimate => ({
  estimateVersion,
  valueUsd: 500_000,
  lowUsd: 450_000,
  highUsd: 550_000,
  computedAt: 1_700_000_000_000,
});

const failure = async (call: Promise<unknown>): Promise<{ code?: unknown; fate?: unknown; retryAfterMs?: unknown }> =>
  await call.then(
    () => ({}),
    (error: unknown) => error as object,
  );

/** Every estimate source, real or in memory, keeps these. */
export const sourceConformance: readonly ConformanceCase[] = [
  {
    title: 'answers each id in exactly one of estimates and missing',
    async check({ source, know }) {
      know({ a: estimate(1), b: estimate(2 ** 53 - 1) });
      const { estimates, missing } = await source.fetch(['b', 'x', 'a']);
      assert.deepEqual(Object.fromEntries(estimates), { a: estimate(1), b: estimate(2 ** 53 - 1) });
      assert.deepEqual([...missing], ['x']);
    },
  },
  {
    title: 'carries 100 ids in one call, and refuses none and 101',
    async check({ source, know, calls }) {
      const ids = Array.from({ length: 100 }, (_, at) => `home-${at}`);
      know(Object.fromEntries(ids.map((id, at) => [id, estimate(at + 1)])));
      const { estimates } = await source.fetch(ids);
      assert.deepEqual([...estimates.keys()].sort(), [...ids].sort());
      await assert.rejects(source.fetch([]), RangeError);
      await assert.rejects(source.fetch([...ids, 'one-more']), RangeError);
      assert.deepEqual(calls(), [ids]);
    },
  },
  {
    title: 'a throttled call says for how long to pause, and the next one works',
    async check({ source, know, breakNext }) {
      know({ a: estimate(1) });
      breakNext('throttle');
      const error = await failure(source.fetch(['a']));
      assert.deepEqual([error.code, error.fate, error.retryAfterMs], ['SOURCE_THROTTLED', 'retry', 2_000]);
      assert.deepEqual([...(await source.fetch(['a'])).estimates.keys()], ['a']);
    },
  },
  {
    title: 'an upstream that is down is SOURCE_UNAVAILABLE, and the next call works',
    async check({ source, know, breakNext }) {
      know({ a: estimate(1) });
      breakNext('down');
      const error = await failure(source.fetch(['a']));
      assert.deepEqual([error.code, error.fate], ['SOURCE_UNAVAILABLE', 'retry']);
      assert.deepEqual([...(await source.fetch(['a'])).estimates.keys()], ['a']);
    },
  },
  {
    title: 'a wrong answer is SOURCE_MISBEHAVED and none of it is used',
    async check({ source, know, breakNext }) {
      know({ a: estimate(1) });
      breakNext('misbehave');
      const error = await failure(source.fetch(['a']));
      assert.deepEqual([error.code, error.fate], ['SOURCE_MISBEHAVED', 'retry']);
    },
  },
  {
    title: 'a call whose caller leaves ends as SOURCE_UNAVAILABLE',
    async check({ source, hang }) {
      hang();
      const caller = new AbortController();
      const call = failure(source.fetch(['a'], { signal: caller.signal }));
      caller.abort();
      assert.deepEqual((await call).code, 'SOURCE_UNAVAILABLE');
    },
  },
];

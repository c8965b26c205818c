import assert from 'node:assert/strict';
import type { FlagStore } from '../flag-store.ts';

/** What a driver of the suite must be able to arrange. */
export interface StoreUnderTest {
  /** Nothing lies in it. */
  readonly store: FlagStore;
  /** A second one on the same place: another operator, or an app. */
  readonly another: FlagStore;
  /** Cuts `store` off until the test ends. */
  readonly cut: () => Promise<void> | void;
}

/** One promise of `FlagStore`: a title, and a check that throws. */
export interface ConformanceCase {
  readonly title: string;
  /** It cuts the store off: a driver that cannot leaves it out. */
  readonly needsCut?: boolean;
  check(under: StoreUnderTest): Promise<void>;
}

const unavailable = { code: 'FLAGS_UNAVAILABLE', fate: 'retry' };

/** Every store of flags, real or in memory, keeps these. */
export const flagStoreConformance: readonly ConformanceCase[] = [
  {
    title: 'says that nothing lies there, and takes the first document for nothing',
    async check({ store }) {
      assert.equal(await store.read(), null);
      assert.equal(await store.replace('something', 'b'), false);
      assert.equal(await store.replace(null, 'a'), true);
      assert.equal(await store.read(), 'a');
    },
  },
  {
    title: 'of two who have read the same only the first writes',
    async check({ store, another }) {
      await store.replace(null, 'a');
      assert.equal(await another.read(), 'a');
      assert.equal(await store.replace('a', 'b'), true);
      assert.equal(await another.replace('a', 'c'), false);
      assert.equal(await another.read(), 'b');
      assert.equal(await another.replace(null, 'd'), false);
      assert.equal(await another.replace('b', 'c'), true);
      assert.equal(await store.read(), 'c');
    },
  },
  {
    title: 'of many who write at once exactly one does',
    async check({ store, another }) {
      await store.replace(null, 'a');
      const written = await Promise.all(
        Array.from({ length: 20 }, (_, at) => (at % 2 === 0 ? store : another).replace('a', `b${at}`)),
      );
      assert.equal(written.filter(Boolean).length, 1);
      assert.equal(await store.read(), `b${written.indexOf(true)}`);
    },
  },
  {
    title: 'keeps any text as it is, also an empty one and one that is no JSON',
    async check({ store, another }) {
      let seen: string | null = null;
      for (const text of ['', '{"a": "ü"}', '\u0000\u00ff\u0080', 'x'.repeat(100_000)]) {
        assert.equal(await store.replace(seen, text), true);
        assert.equal(await another.read(), text);
        seen = text;
      }
    },
  },
  {
    title: 'says so when nobody answers',
    needsCut: true,
    async check({ store, cut }) {
      await store.replace(null, 'a');
      await cut();
      await assert.rejects(store.read(), unavailable);
      await assert.rejects(store.replace('a', 'b'), unavailable);
    },
  },
];

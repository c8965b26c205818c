import { randomBytes } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { systemClock } from '@porchlight/clock';
import { createRollout, printFlags, redisFlagStore, type FlagStore, type Rollout } from '@porchlight/rollout';
import { flagStoreConformance } from '@porchlight/rollout/testing';
import { waitUntil, type RedisNode } from '@porchlight/stack';
import { topologiesOfFile } from './testing/topologies-of-file.ts';

/*
 * The feature flags lie in the servers of the cache, however they are reached. These keep nothing on disk: killed and started again,
 * they have forgotten.
 */

const TEST_MS = 180_000;
const WITHIN_MS = 60_000;

const topologies = topologiesOfFile();
const ways = ['single', 'cluster', 'envoy', 'envoy before a cluster'] as const;
type Way = (typeof ways)[number];

const silent = { info: () => undefined, warn: () => undefined, error: () => undefined };
const documentOf = (version: number, percent: number): string =>
  printFlags({ version, changedAt: 0, flags: { 'cache.read': { percent, cohort: 'on', rest: 'off' } } });

function serversOf(way: Way): { url: string; topology: 'single' | 'cluster' | 'envoy'; nodes: readonly RedisNode[] } {
  const { cluster, shards, servers } = topologies();
  if (way === 'single') return { url: shards.nodes[0]?.url ?? '', topology: 'single', nodes: shards.nodes };
  return { ...servers[way], nodes: way === 'envoy' ? shards.nodes : cluster.nodes };
}

let key: string;
const opened: { close(): Promise<void> }[] = [];
const storeBy = (way: Way): FlagStore => {
  const { url, topology } = serversOf(way);
  const store = redisFlagStore({ url, topology, key });
  opened.push(store);
  return store;
};
const follow = async (way: Way): Promise<Rollout> => {
  const rollout = createRollout({ store: storeBy(way), clock: systemClock, log: silent });
  opened.push({ close: async () => rollout.stop() });
  await rollout.start();
  return rollout;
};
const isTrue = async (ask: () => Promise<boolean> | boolean): Promise<void> => {
  expect(await waitUntil(async () => await ask(), { withinMs: WITHIN_MS })).toBe(true);
};

beforeEach(() => {
  key = `test-${randomBytes(6).toString('hex')}:flags`;
});
afterEach(async () => {
  for (const each of opened.splice(0).reverse()) await each.close();
});

describe.each(ways)('%s', (way) => {
  test.each(flagStoreConformance.filter(({ needsCut }) => !needsCut))('$title', async (promise) => {
    const cut = () => Promise.reject(new Error('nothing is cut here'));
    await promise.check({ store: storeBy(way), another: storeBy(way), cut });
  });

  test(
    'servers that are killed leave the last good flags in force; when they come back, and have forgotten, they are told again',
    async () => {
      const store = storeBy(way);
      expect(await store.replace(null, documentOf(7, 0))).toBe(true);
      const rollout = await follow(way);
      expect(rollout.state()).toMatchObject({ origin: 'store', version: 7 });
      const heard: string[] = [];
      rollout.onEvent(({ kind }) => void heard.push(kind));
      const { nodes } = serversOf(way);
      await Promise.all(nodes.map((node) => node.kill()));
      await isTrue(() => heard.includes('lost'));
      expect(rollout.now().cohortOf('cache.read', 'a')).toBe('off');
      await Promise.all(nodes.map((node) => node.start()));
      await isTrue(async () => (await store.read().catch(() => null)) === documentOf(7, 0));
      const late = await follow(way);
      await isTrue(() => late.state().version === 7); // one that starts only now
      await isTrue(async () => {
        await store.replace(documentOf(7, 0), documentOf(8, 100)).catch(() => false);
        return (await store.read().catch(() => null)) === documentOf(8, 100);
      });
      await isTrue(() => rollout.state().version === 8);
      expect(rollout.now().cohortOf('cache.read', 'a')).toBe('on');
    },
    TEST_MS,
  );
});

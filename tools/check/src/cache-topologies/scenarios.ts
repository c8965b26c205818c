import { setTimeout as delay } from 'node:timers/promises';
import {
  BUCKETS,
  bucketOf,
  connectEstimateCache,
  defaultCacheConfig,
  keysOf,
  partialAnswers,
  randomNonce,
  type EstimateCacheConnection,
} from '@porchlight/estimate-cache';
import { estimateOf, factsOf } from '@porchlight/estimate-cache/testing/histories';
import { waitUntil, type RedisNode, type RedisTopologies } from '@porchlight/stack';
import { DidNotCome } from '../wait-for.ts';
import { TopologyLoad, type LoadReport } from './topology-load.ts';

/** What a scenario saw beside its load. */
export interface LoadSeen {
  readonly report: LoadReport;
  readonly figures: Readonly<Record<string, number>>;
}

export interface ScenarioOptions {
  /** How long a slot is held half-moved, or a load runs around a fault. */
  readonly holdMs: number;
}

const RECOVERY_MS = 30_000;
const RECOVERY_POLL_MS = 20;
const HOMES = 400;

const idsFor = (name: string): string[] => Array.from({ length: HOMES }, (_, i) => `${name}-${i}`);

async function loadOn(connection: EstimateCacheConnection, name: string, mayForget: boolean) {
  const propertyIds = idsFor(name);
  const load = new TopologyLoad({ cache: connection.cache, propertyIds, mayForget });
  await load.fetch(propertyIds);
  return { load, propertyIds };
}

/** Runs a load around what happens meanwhile. */
async function during(load: TopologyLoad, happen: () => Promise<Record<string, number>>): Promise<LoadSeen> {
  const stop = new AbortController();
  const running = load.run(stop.signal);
  try {
    return { figures: await happen(), report: load.report };
  } finally {
    stop.abort();
    await running;
  }
}

/** How long it takes from now; an error of what is asked is an error of the cache. @throws {DidNotCome} */
async function recoveryMs(what: string, isBack: () => Promise<boolean>): Promise<number> {
  const beganAt = performance.now();
  if ((await waitUntil(isBack, { withinMs: RECOVERY_MS, pollMs: RECOVERY_POLL_MS })) === undefined)
    throw new DidNotCome(what, RECOVERY_MS);
  return Math.round(performance.now() - beganAt);
}

/** Homes by the primary that has them. */
async function homesOf(
  { cluster }: RedisTopologies,
  propertyIds: readonly string[],
): Promise<Map<RedisNode, string[]>> {
  const byNode = new Map<RedisNode, string[]>();
  const slotOfBucket = new Map<number, RedisNode>();
  for (const propertyId of propertyIds) {
    const bucket = bucketOf(propertyId);
    const { value } = keysOf(propertyId, defaultCacheConfig.keyGeneration);
    const node = slotOfBucket.get(bucket) ?? (await cluster.primaryOf(await cluster.slotOf(value)));
    slotOfBucket.set(bucket, node);
    byNode.set(node, [...(byNode.get(node) ?? []), propertyId]);
  }
  return byNode;
}

/**
 * A primary is killed in the middle. The homes of the others are served and written all the while; its own are when its
 * replica has taken its place.
 */
export async function primaryKilled(
  topologies: RedisTopologies,
  by: 'cluster' | 'envoy before a cluster',
): Promise<LoadSeen> {
  const connection = await connectEstimateCache({ ...topologies.servers[by], commandTimeoutMs: 2_000 });
  const { load, propertyIds } = await loadOn(connection, `killed-${by.length}`, true);
  const [[victim, lost], ...others] = [...(await homesOf(topologies, propertyIds))] as [
    [RedisNode, string[]],
    ...[RedisNode, string[]][],
  ];
  const kept = others.flatMap(([, homes]) => homes);
  try {
    return await during(load, async () => {
      const before = connection.marks.connectionsLost();
      await victim.kill();
      let keptUnanswered = 0;
      const backMs = await recoveryMs('the homes of a killed primary are written again', async () => {
        const both = await partialAnswers(connection.cache.recheck(ticketsOf([...kept, ...lost])));
        keptUnanswered += both.slice(0, kept.length).filter((answer) => answer === null).length;
        return both.every((answer) => answer !== null);
      });
      await victim.start();
      return { backMs, keptUnanswered, connectionsLost: connection.marks.connectionsLost() - before };
    });
  } finally {
    await connection.close();
  }
}

/** Any script on each home, that changes nothing. */
const ticketsOf = (propertyIds: readonly string[]) =>
  propertyIds.map((propertyId) => ({
    propertyId,
    visibilityVersion: 1,
    ticket: { epoch: randomNonce(), nonce: randomNonce(), acquiredAt: 1, seenSoftExpiryAt: null },
  }));

/** Slots with homes in them move from one primary to another in the middle, and back. */
export async function slotsMoved(topologies: RedisTopologies, { slotsMax }: { slotsMax: number }): Promise<LoadSeen> {
  const { cluster, servers } = topologies;
  const connection = await connectEstimateCache({ ...servers.cluster, commandTimeoutMs: 2_000 });
  const { load, propertyIds } = await loadOn(connection, 'moved', false);
  try {
    return await during(load, async () => {
      const [from, to] = await cluster.primaries();
      if (from === undefined || to === undefined) throw new Error('a cluster has at least two primaries');
      const homes = (await homesOf(topologies, propertyIds)).get(from) ?? [];
      const keys = homes.map((id) => keysOf(id, defaultCacheConfig.keyGeneration).value);
      const slots = [...new Set(await Promise.all(keys.slice(0, slotsMax).map((key) => cluster.slotOf(key))))];
      const startedAt = performance.now();
      await cluster.moveSlots(slots, to);
      await cluster.moveSlots(slots, from);
      return { slots: slots.length, ms: Math.round(performance.now() - startedAt) };
    });
  } finally {
    await connection.close();
  }
}

/** What was asked of a slot that is half-moved. */
export interface HalfMoved extends LoadSeen {
  /** Of a home whose value is on one side and that has no flight: what it was read as before and after INVALIDATE. */
  readonly readBefore: boolean;
  readonly readAfter: boolean;
  /** The outcomes of one batch: INVALIDATE in the slot, of a version that is stored already, and elsewhere. */
  readonly invalidated: readonly (string | null)[];
  /** Does a value that is new enough stay? */
  readonly newerKept: boolean;
  readonly afterwards: readonly (string | null)[];
}

/** Two homes of one bucket, and one of another. */
function homesOfBuckets(): { inside: [string, string]; elsewhere: string } {
  const ids = Array.from({ length: BUCKETS * 40 }, (_, i) => `half-${i}`);
  const [first = ''] = ids;
  const inside = ids.filter((id) => bucketOf(id) === bucketOf(first)).slice(0, 2);
  const elsewhere = ids.find((id) => bucketOf(id) !== bucketOf(first)) ?? '';
  return { inside: inside as [string, string], elsewhere };
}

/**
 * A slot is held half-moved. Values are read on both sides; INVALIDATE meets TRYAGAIN, removes the value at once, and is
 * acknowledged only when the slot is whole again.
 */
export async function slotHalfMoved(topologies: RedisTopologies, { holdMs }: ScenarioOptions): Promise<HalfMoved> {
  const { cluster, servers } = topologies;
  const connection = await connectEstimateCache({ ...servers.cluster, commandTimeoutMs: 2_000 });
  const { cache } = connection;
  const { inside, elsewhere } = homesOfBuckets();
  const homes = [...inside, elsewhere];
  const { load } = await loadOn(connection, 'held', false);
  const change = (visibilityVersion: number) => homes.map((propertyId) => ({ propertyId, visibilityVersion }));
  try {
    await store(cache, inside[0], 1);
    await store(cache, inside[1], 9);
    await store(cache, elsewhere, 1);
    const slot = await cluster.slotOf(keysOf(inside[0], defaultCacheConfig.keyGeneration).value);
    const from = await cluster.primaryOf(slot);
    const to = (await cluster.primaries()).find((node) => node !== from);
    if (to === undefined) throw new Error('a cluster has at least two primaries');
    const moving = await cluster.openSlot(slot, to);
    await moving.moveKeys(1);
    const readBefore = await isThere(cache, inside[0]);
    const invalidated = await partialAnswers(cache.invalidate(change(2)));
    const readAfter = await isThere(cache, inside[0]);
    const newerKept = await isThere(cache, inside[1]);
    const seen = await during(load, async () => {
      await delay(holdMs);
      const asked = await partialAnswers(cache.invalidate(change(2)));
      await moving.finish();
      return { stillRefused: asked.filter((answer) => answer === null).length };
    });
    const afterwards = await partialAnswers(cache.invalidate(change(2)));
    await cluster.moveSlots([slot], from);
    return { ...seen, readBefore, invalidated, readAfter, newerKept, afterwards };
  } finally {
    await connection.close();
  }
}

const isThere = async (cache: EstimateCacheConnection['cache'], propertyId: string): Promise<boolean> =>
  (await cache.read([propertyId]))[0] !== null;

/** Stores a home so that no flight is left of it. */
async function store(cache: EstimateCacheConnection['cache'], propertyId: string, version: number): Promise<void> {
  const [answer] = await cache.acquire([{ propertyId, nonce: randomNonce() }], 's');
  if (answer?.outcome !== 'win') throw new Error(`${propertyId} was to be won, not ${answer?.outcome}`);
  const { ticket } = answer;
  await cache.fill([{ propertyId, class: 's', ticket, facts: factsOf(version), estimate: estimateOf(version) }]);
  await cache.forget([{ propertyId, epoch: ticket.epoch }]);
}

/** A shard behind Envoy is killed and started again: its homes are misses meanwhile, and those of the others are not. */
export async function shardKilled(
  { shards, servers }: RedisTopologies,
  { holdMs }: ScenarioOptions,
): Promise<LoadSeen> {
  const connection = await connectEstimateCache({ ...servers.envoy, commandTimeoutMs: 2_000 });
  const { load, propertyIds } = await loadOn(connection, 'shard', true);
  const [victim] = shards.nodes;
  if (victim === undefined) throw new Error('there is no shard');
  try {
    const before = connection.marks.connectionsLost();
    const seen = await during(load, async () => {
      await victim.kill();
      await delay(holdMs);
      const asked = await partialAnswers(connection.cache.recheck(ticketsOf(propertyIds)));
      const lost = asked.filter((answer) => answer === null).length;
      await victim.start();
      const backMs = await recoveryMs('every home is written again', async () => {
        const all = await partialAnswers(connection.cache.recheck(ticketsOf(propertyIds)));
        return all.every((answer) => answer !== null);
      });
      return { lost, kept: propertyIds.length - lost, backMs };
    });
    return { ...seen, figures: { ...seen.figures, connectionsLost: connection.marks.connectionsLost() - before } };
  } finally {
    await connection.close();
  }
}

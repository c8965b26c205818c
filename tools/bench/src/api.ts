import { compareRoute, type Side } from './api/compare-route.ts';
import { startTwin } from './api/start-twin.ts';
import { comparePeers, peerKnobs } from './api-peers.ts';
import type { Bench, Figures, Say } from './bench.ts';
import { withBenchWorld, type BenchWorld } from './bench-world.ts';
import type { RatedCall } from './drive-at-rate.ts';
import { fillByAsking } from './invalidate/ask-batch.ts';
import { homesOf, loadHomes, openHome } from './invalidate/homes.ts';

const BATCH = 100;
const REQUESTS = 256;
const MS_PER_SECOND = 1_000;
const DEADLINE_MS = 1_000;

const drawFrom = (propertyIds: readonly string[]): string =>
  propertyIds[Math.floor(Math.random() * propertyIds.length)] ?? '';

const singles = (propertyIds: readonly string[]): RatedCall[] =>
  Array.from({ length: REQUESTS }, () => ({ method: 'GET', path: `/v1/estimates/${drawFrom(propertyIds)}` }));

const batches = (propertyIds: readonly string[]): RatedCall[] =>
  Array.from({ length: REQUESTS }, () => ({
    method: 'POST',
    path: '/v1/estimates:batchGet',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({
      propertyIds: Array.from({ length: BATCH }, () => drawFrom(propertyIds)),
      deadlineMs: DEADLINE_MS,
    }),
  }));

async function textOf(url: string, { method, path, headers = {}, body }: RatedCall): Promise<string> {
  const answer = await fetch(`${url}${path}`, { method, headers, body: body ?? null });
  return answer.text();
}

/** @throws unless both answer with the same bytes, each home with a value: a comparison of different work would say nothing */
async function sameAnswers(ours: Side, twin: Side, request: RatedCall | undefined): Promise<void> {
  if (request === undefined) throw new Error('there is nothing to ask');
  const [one, other] = await Promise.all([textOf(ours.url, request), textOf(twin.url, request)]);
  if (one !== other || !one.includes('"status":"available"'))
    throw new Error(`the twin answers something else: ${one.slice(0, 200)} / ${other.slice(0, 200)}`);
}

async function measure(world: BenchWorld, knobs: Readonly<Record<string, number>>, say: Say, signal: AbortSignal) {
  const { homes = 1, pairs = 1, sliceMs = 1, warmMs = 1, connections = 1 } = knobs;
  const { fleet, stack } = world;
  const { apiUrl } = fleet;
  const propertyIds = homesOf(openHome, homes);
  say(`filling the cache with ${homes} homes …`);
  await fillByAsking(apiUrl, propertyIds, signal);
  const { redisUrl, folder } = stack;
  const nodeFlags = fleet.nodeFlags('estimate-api');
  const twin = await startTwin({ folder, apiUrl, redisUrl, propertyIds, nodeFlags });
  const cpuMs = async () => (await fleet.metrics('estimate-api')).sum('process.cpu.time') * MS_PER_SECOND;
  const ours: Side = { url: apiUrl, cpuMs };
  try {
    const figures: Record<string, unknown> = {};
    for (const [what, requests] of [
      ['single', singles(propertyIds)],
      ['batch100', batches(propertyIds)],
    ] as const) {
      await sameAnswers(ours, twin, requests[0]);
      figures[what] = await compareRoute({ ours, twin, requests, connections, pairs, sliceMs, warmMs, say, what });
    }
    return figures;
  } finally {
    await twin.stop();
  }
}

export const api: Bench = {
  name: 'api',
  measures: 'estimate-api, all hits, beside a bare fastify with ioredis: single gets and batches of 100.',
  knobs: {
    homes: { default: 5_000, what: 'homes in the cache' },
    pairs: { default: 8, what: 'pairs of slices, ours and the twin by turns' },
    sliceMs: { default: 2_000, what: 'length of a slice; with --peers in four parts' },
    // A call costs ours 216 us of processor time in its first 2 s and 54 after 15,000 calls: there is much to compile, once.
    warmMs: { default: 10_000, what: 'how long each is driven before anything counts, until it is compiled' },
    connections: { default: 16, what: 'connections at once' },
    ...peerKnobs,
  },
  switches: {
    peers: 'instead: the same workload through bentocache, cache-manager, async-cache-dedupe, layered-loader and ours',
  },
  run(knobs, say, signal, _choices, switchedOn): Promise<Figures> {
    if (switchedOn?.has('peers')) return comparePeers(knobs, say, signal);
    return withBenchWorld(
      {
        homes: 0,
        seed: 1,
        say,
        signal,
        load: (addresses) => loadHomes(addresses, { ruled: 0, open: knobs['homes'] ?? 1 }),
      },
      (world) => measure(world, knobs, say, signal),
    );
  },
};

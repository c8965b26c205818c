import type { Request } from 'autocannon';
import { compareRoute, type Side } from './api/compare-route.ts';
import { startTwin } from './api/start-twin.ts';
import type { Bench, Figures, Say } from './bench.ts';
import { withBenchWorld, type BenchWorld } from './bench-world.ts';
import { fillByAsking } from './invalidate/ask-batch.ts';
import { homesOf, loadHomes, openHome } from './invalidate/homes.ts';

const BATCH = 100;
const REQUESTS = 256;
const MS_PER_SECOND = 1_000;
const DEADLINE_MS = 1_000;

const drawFrom = (propertyIds: readonly string[]): string =>
  propertyIds[Math.floor(Math.random() * propertyIds.length)] ?? '';

const singles = (propertyIds: readonly string[]): Request[] =>
  Array.from({ length: REQUESTS }, () => ({ method: 'GET', path: `/v1/estimates/${drawFrom(propertyIds)}` }));

const batches = (propertyIds: readonly string[]): Request[] =>
  Array.from({ length: REQUESTS }, () => ({
    method: 'POST',
    path: '/v1/estimates:batchGet',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({
      propertyIds: Array.from({ length: BATCH }, () => drawFrom(propertyIds)),
      deadlineMs: DEADLINE_MS,
    }),
  }));

async function textOf(url: string, { method, path, headers, body }: Request): Promise<string> {
  const init = { method, headers: headers as Record<string, string>, body: body as string } as RequestInit;
  const answer = await fetch(`${url}${path}`, init);
  return answer.text();
}

/** @throws unless both answer with the same bytes, each home with a value: a comparison of different work would say nothing */
async function sameAnswers(ours: Side, twin: Side, request: Request | undefined): Promise<void> {
  if (request === undefined) throw new Error('there is nothing to ask');
  const [one, other] = await Promise.all([textOf(ours.url, request), textOf(twin.url, request)]);
  if (one !== other || !one.includes('"status":"available"'))
    throw new Error(`the twin answers something else: ${one.slice(0, 200)} / ${other.slice(0, 200)}`);
}

async function measure(world: BenchWorld, knobs: Readonly<Record<string, number>>, say: Say, signal: AbortSignal) {
  const { homes = 1, pairs = 1, sliceMs = 1, connections = 1 } = knobs;
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
      figures[what] = await compareRoute({ ours, twin, requests, connections, pairs, sliceMs, say, what });
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
    sliceMs: { default: 2_000, what: 'length of a slice' },
    connections: { default: 16, what: 'connections at once' },
  },
  run: (knobs, say, signal): Promise<Figures> =>
    withBenchWorld(
      {
        homes: 0,
        seed: 1,
        say,
        signal,
        load: (addresses) => loadHomes(addresses, { ruled: 0, open: knobs['homes'] ?? 1 }),
      },
      (world) => measure(world, knobs, say, signal),
    ),
};

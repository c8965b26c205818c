import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { keysOf } from '@porchlight/estimate-cache';
import { connectCatalogWriter, migrate } from '@porchlight/property-catalog';
import { startApiProcesses } from '@porchlight/run';
import { startStack, type Stack } from '@porchlight/stack';
import { createSimulator, type Simulator } from '@porchlight/upstream-simulator';
import type { Bench, Figures, Say } from './bench.ts';
import { connectRedis } from './drivers.adapter.ts';
import { createReaders, type Answer } from './herd/ask-home.ts';
import { createDurations, rounded } from './quantiles.ts';

const UPSTREAM_MS = 100;
const UPSTREAM_API_KEY = 'bench';
const KEY_GENERATION = 'e1';
const DEADLINE_MS = 5_000;
const GONE_POLL_MS = 1;
/** One home for each round, and one that warms the connections up. */
const homeOf = (round: number): string => `herd-${round}`;
const WARM_UP_HOME = 'herd-warm-up';
const pathOf = (propertyId: string): string => `/v1/estimates/${propertyId}?deadlineMs=${DEADLINE_MS}`;

async function loadHomes(databaseUrl: string, simulator: Simulator, propertyIds: readonly string[]): Promise<void> {
  await migrate({ databaseUrl });
  const writer = connectCatalogWriter({ databaseUrl });
  try {
    await writer.loadProperties([
      propertyIds.map((propertyId, at) => ({
        propertyId,
        latitude: 47.6,
        longitude: -122.3 + at / 10_000,
        status: 'active' as const,
        mlsId: null,
        overrideLevel: null,
      })),
    ]);
  } finally {
    await writer.close();
  }
  simulator.load(propertyIds.map((propertyId) => ({ propertyId, valueUsd: 800_000 })));
}

/** Lets a home's keys expire, as they do when nobody asks for it. */
async function expire(redis: ReturnType<typeof connectRedis>, propertyId: string): Promise<void> {
  const { value, flight } = keysOf(propertyId, KEY_GENERATION);
  await redis.pexpire(value, GONE_POLL_MS);
  await redis.pexpire(flight, GONE_POLL_MS);
  while ((await redis.exists(value, flight)) > 0) await new Promise((resolve) => setTimeout(resolve, GONE_POLL_MS));
}

const availableIn = ({ status, body }: Answer): boolean =>
  status === 200 && (JSON.parse(body) as { status?: string }).status === 'available';

interface HerdWorld {
  readonly simulator: Simulator;
  readonly redis: ReturnType<typeof connectRedis>;
  readonly groups: readonly ReturnType<typeof createReaders>[];
}

/** All readers of all processes ask for one home at once, which is in nobody's cache any more. @throws unless all get the value */
async function round({ simulator, redis, groups }: HerdWorld, propertyId: string) {
  const first = (await groups[0]?.askAll(pathOf(propertyId))) ?? [];
  if (!first.every(availableIn)) throw new Error('a home of the bench cannot be had');
  await expire(redis, propertyId);
  const before = simulator.meter.read().billedRequests;
  const answers = (await Promise.all(groups.map((group) => group.askAll(pathOf(propertyId))))).flat();
  const calls = simulator.meter.read().billedRequests - before;
  const bad = answers.filter((answer) => !availableIn(answer)).length;
  const bodies = new Set(answers.map(({ body }) => body)).size;
  if (bad > 0 || bodies !== 1) throw new Error(`${bad} of ${answers.length} got no value; ${bodies} different answers`);
  return { answers, calls };
}

async function measure(world: HerdWorld, knobs: Readonly<Record<string, number>>, say: Say): Promise<Figures> {
  const { processes = 1, readers = 1, rounds = 1 } = knobs;
  const durations = createDurations();
  const calls: number[] = [];
  await Promise.all(world.groups.map((group) => group.askAll(pathOf(WARM_UP_HOME))));
  for (let at = 0; at < rounds; at += 1) {
    const { answers, calls: paid } = await round(world, homeOf(at));
    calls.push(paid);
    for (const { tookMs } of answers) durations.record(tookMs);
    say(`  round ${at + 1}: ${answers.length} readers of one expired home, ${paid} paid call(s)`);
  }
  return {
    processes,
    readers: processes * readers,
    // The most of any round: 1, or somebody paid for what another was fetching.
    upstreamCalls: Math.max(...calls),
    upstreamCallsOfRounds: calls,
    waitersP50Ms: rounded(durations.at(50)),
    waitersP99Ms: rounded(durations.at(99)),
    waitersMaxMs: rounded(durations.at(100)),
    upstreamMs: UPSTREAM_MS,
  };
}

async function withWorld(
  { processes, readers, rounds }: { processes: number; readers: number; rounds: number },
  { stack, folder, say }: { stack: Stack; folder: string; say: Say },
  run: (world: HerdWorld) => Promise<Figures>,
): Promise<Figures> {
  const simulator = await createSimulator({
    apiKey: UPSTREAM_API_KEY,
    latency: { kind: 'fixed', latencyMs: UPSTREAM_MS },
  });
  const redis = connectRedis(stack.redisUrl);
  try {
    await loadHomes(stack.databaseUrl, simulator, [
      WARM_UP_HOME,
      ...Array.from({ length: rounds }, (_, at) => homeOf(at)),
    ]);
    say(`starting ${processes} estimate-apis …`);
    const { redisUrl, databaseUrl } = stack;
    const upstream = { upstreamUrl: simulator.url, upstreamApiKey: UPSTREAM_API_KEY };
    const apis = await startApiProcesses({ count: processes, folder, redisUrl, databaseUrl, ...upstream });
    const groups = apis.urls.map((url) => createReaders(url, readers));
    try {
      return await run({ simulator, redis, groups });
    } finally {
      for (const group of groups) group.close();
      await apis.stop();
    }
  } finally {
    redis.disconnect();
    await simulator.close();
  }
}

export const herd: Bench = {
  name: 'herd',
  measures:
    'Many processes read one home at once that has just expired: how often it is paid for, and how long they wait.',
  knobs: {
    processes: { default: 10, what: 'estimate-apis, each a process' },
    readers: { default: 100, what: 'readers of each, at once' },
    rounds: { default: 10, what: 'homes that expire, one after the other' },
  },
  async run(knobs, say, signal) {
    const { processes = 1, readers = 1, rounds = 1 } = knobs;
    const folder = await mkdtemp(join(tmpdir(), 'porchlight-bench-herd-'));
    say('starting Redis and PostgreSQL …');
    const stack = await startStack({
      instance: 'bench-herd',
      dataDir: join(folder, 'stack'),
      fresh: true,
      services: ['redis', 'postgres'],
      signal,
    });
    try {
      return await withWorld({ processes, readers, rounds }, { stack, folder, say }, (world) =>
        measure(world, knobs, say),
      );
    } finally {
      await stack.stop();
      await rm(folder, { recursive: true, force: true });
    }
  },
};

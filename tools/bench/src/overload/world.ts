import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { migrate } from '@porchlight/property-catalog';
import { startApiProcesses, type ApiProcess } from '@porchlight/run';
import { startStack } from '@porchlight/stack';
import { parseMetrics } from '@porchlight/telemetry';
import { createSimulator } from '@porchlight/upstream-simulator';
import type { Say } from '../bench.ts';
import { loadHomes } from '../invalidate/homes.ts';
import { coresAllowed, pinTo } from './pin.ts';

const UPSTREAM_API_KEY = 'bench';
const BYTES_PER_MB = 1024 * 1024;
const MS_PER_SECOND = 1_000;

export interface OverloadWorld {
  readonly api: ApiProcess;
  readonly port: number;
  readonly rssMb: () => Promise<number>;
  readonly cpuMs: () => Promise<number>;
  /** How often the API has refused at its door, by reason. */
  readonly refused: () => Promise<Readonly<Record<string, number>>>;
  /** Cores of the API and of everything else; null: nothing is pinned. */
  readonly cores: { readonly api: number; readonly rest: number } | null;
}

export interface OverloadWorldOptions {
  readonly homes: number;
  readonly upstreamMs: number;
  readonly isPinned: boolean;
  readonly environment: Readonly<Record<string, string>>;
  readonly say: Say;
  readonly signal: AbortSignal;
}

/** This process and what it starts keep to one core. @returns both cores @throws where there is only one */
async function shareCores(): Promise<{ api: number; rest: number }> {
  const [api, rest] = await coresAllowed();
  if (api === undefined || rest === undefined) {
    throw new Error('the API needs a core of its own, and there is only one: --pinned 0 measures all the same');
  }
  await pinTo([rest], process.pid);
  return { api, rest };
}

/** Nothing speaks for cached homes here but their own check: it is to hold for as long as the bench takes. */
const believesLong = { FEED_STALE_MS: '3600000', FEED_DOWN_MS: '86400000', ESTIMATE_TTL_OFF_MARKET_MS: '86400000' };

const figuresOf = ({ operationsUrl }: ApiProcess) => {
  const scrape = async () => parseMetrics(await (await fetch(`${operationsUrl}/metrics`)).text());
  return {
    rssMb: async () => (await scrape()).sum('process.memory.usage') / BYTES_PER_MB,
    cpuMs: async () => (await scrape()).sum('process.cpu.time') * MS_PER_SECOND,
    async refused() {
      const found = (await scrape()).select('porchlight.estimate_api.refused');
      return Object.fromEntries(found.map(({ labels, value }) => [labels['reason'] ?? '', value]));
    },
  };
};

/** One estimate-api on a core of its own; Redis, PostgreSQL, upstream and this process share another. */
export async function withOverloadWorld<T>(
  { homes, upstreamMs, isPinned, environment, say, signal }: OverloadWorldOptions,
  measure: (world: OverloadWorld) => Promise<T>,
): Promise<T> {
  const cores = isPinned ? await shareCores() : null;
  const folder = await mkdtemp(join(tmpdir(), 'porchlight-bench-overload-'));
  const closers: (() => Promise<unknown>)[] = [() => rm(folder, { recursive: true, force: true })];
  try {
    say('starting Redis and PostgreSQL …');
    const dataDir = join(folder, 'stack');
    const stack = await startStack({
      instance: 'bench-overload',
      dataDir,
      fresh: true,
      services: ['redis', 'postgres'],
      signal,
    });
    closers.push(() => stack.stop());
    const simulator = await createSimulator({
      apiKey: UPSTREAM_API_KEY,
      latency: { kind: 'fixed', latencyMs: upstreamMs },
    });
    closers.push(() => simulator.close());
    const { redisUrl, databaseUrl } = stack;
    say(`loading ${homes.toLocaleString('en-US')} homes …`);
    await migrate({ databaseUrl });
    await loadHomes({ databaseUrl, simulatorUrl: simulator.url }, { ruled: 0, open: homes });
    say('starting estimate-api …');
    const upstream = { upstreamUrl: simulator.url, upstreamApiKey: UPSTREAM_API_KEY };
    const apis = await startApiProcesses({
      ...{ count: 1, folder, redisUrl, databaseUrl, ...upstream },
      environment: { ...believesLong, ...environment },
    });
    closers.push(() => apis.stop());
    const [api] = apis.each;
    const pid = api?.pid();
    if (api === undefined || pid === undefined) throw new Error('estimate-api has ended');
    if (cores !== null) await pinTo([cores.api], pid);
    return await measure({ api, port: Number(new URL(api.url).port), cores, ...figuresOf(api) });
  } finally {
    for (const close of closers.toReversed()) await close();
  }
}

import { defineConfig, secret, serviceConfig, type Config } from '@porchlight/service';
import { z } from 'zod';
import { TALK_LATENCY, type LatencyModel } from './latency.ts';
import type { SimulatorOptions } from './simulator.ts';

/** A time that Node can wait for, and that a test would. */
const LATENCY_MS_MAX = 600_000;
const latencyMs = z.coerce.number().min(0).max(LATENCY_MS_MAX);
const shapeMs = z.coerce.number().min(1).max(LATENCY_MS_MAX);
const talk = TALK_LATENCY as Extract<LatencyModel, { kind: 'drawn' }>;

/** Every knob of the simulator; the README table is printed from it. */
export const simulatorConfig = defineConfig(
  {
    ...serviceConfig,
    HTTP_HOST: z
      .string()
      .min(1)
      .default('127.0.0.1')
      .describe('address to listen on; the admin endpoints have no key, so keep it private'),
    HTTP_PORT: z.coerce.number().int().min(0).max(65_535).default(8090).describe('0 takes a free port'),
    UPSTREAM_API_KEY: secret(z.string().min(1)).describe('what callers must send as x-api-key'),
    SIM_SEED: z.coerce
      .number()
      .int()
      .min(0)
      .max(2_147_483_647)
      .default(1)
      .describe('of latencies, intervals, re-valuations, faults'),
    SIM_DATA_DIR: z
      .string()
      .min(1)
      .optional()
      .describe('where values and versions survive a restart; without it they do not'),
    SIM_LATENCY: z
      .enum(['talk', 'fixed'])
      .default('talk')
      .describe('drawn from log-normals, or always SIM_FIXED_LATENCY_MS'),
    SIM_FIXED_LATENCY_MS: latencyMs.default(0).describe('with SIM_LATENCY=fixed'),
    SIM_SINGLE_MEDIAN_MS: shapeMs.default(talk.single.medianMs).describe('a call for one id, median (the talk)'),
    SIM_SINGLE_P90_MS: shapeMs.default(talk.single.p90Ms).describe('a call for one id, 90th percentile (the talk)'),
    SIM_MULTI_MEDIAN_MS: shapeMs.default(talk.multi.medianMs).describe('a call for several ids, median (the talk)'),
    SIM_MULTI_P90_MS: shapeMs.default(talk.multi.p90Ms).describe('a call for several ids, 90th percentile (the talk)'),
    SIM_SLOW_SHARE: z.coerce
      .number()
      .min(0)
      .max(1)
      .default(talk.slowShare)
      .describe('share of calls that take SIM_SLOW_MS'),
    SIM_SLOW_MS: latencyMs.default(talk.slowMs).describe('how long a slow call takes'),
    SIM_RATE_PER_S: z.coerce
      .number()
      .min(0)
      .max(100_000)
      .default(200)
      .describe('calls a second above which 429 is answered; 0: no limit'),
    SIM_BURST: z.coerce.number().int().min(1).max(100_000).default(200).describe('calls that may come at once'),
    SIM_CALLS_KEPT_MAX: z.coerce
      .number()
      .int()
      .min(0)
      .max(100_000)
      .default(0)
      .describe('billed calls that /admin/calls lists, each with its ids: up to 4 KB of memory a call; 0: none'),
  },
  [
    (config) =>
      config.SIM_SINGLE_P90_MS < config.SIM_SINGLE_MEDIAN_MS
        ? 'SIM_SINGLE_P90_MS is below SIM_SINGLE_MEDIAN_MS'
        : undefined,
    (config) =>
      config.SIM_MULTI_P90_MS < config.SIM_MULTI_MEDIAN_MS
        ? 'SIM_MULTI_P90_MS is below SIM_MULTI_MEDIAN_MS'
        : undefined,
  ],
);

export type SimulatorConfig = Config<typeof simulatorConfig>;

/** What the simulator is made with. */
export function optionsOf(config: SimulatorConfig): SimulatorOptions {
  const drawn: LatencyModel = {
    kind: 'drawn',
    single: { medianMs: config.SIM_SINGLE_MEDIAN_MS, p90Ms: config.SIM_SINGLE_P90_MS },
    multi: { medianMs: config.SIM_MULTI_MEDIAN_MS, p90Ms: config.SIM_MULTI_P90_MS },
    slowShare: config.SIM_SLOW_SHARE,
    slowMs: config.SIM_SLOW_MS,
  };
  return {
    host: config.HTTP_HOST,
    port: config.HTTP_PORT,
    apiKey: config.UPSTREAM_API_KEY,
    seed: config.SIM_SEED,
    latency: config.SIM_LATENCY === 'fixed' ? { kind: 'fixed', latencyMs: config.SIM_FIXED_LATENCY_MS } : drawn,
    ratePerS: config.SIM_RATE_PER_S,
    burst: config.SIM_BURST,
    callsKeptMax: config.SIM_CALLS_KEPT_MAX,
    ...(config.SIM_DATA_DIR === undefined ? {} : { dataDir: config.SIM_DATA_DIR }),
  };
}

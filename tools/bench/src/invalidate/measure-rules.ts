import { setTimeout as delay } from 'node:timers/promises';
import { keysOf } from '@porchlight/estimate-cache';
import { connectCatalogWriter } from '@porchlight/property-catalog';
import type { Fleet } from '@porchlight/run';
import type { connectRedis } from '../drivers.adapter.ts';
import { createDurations, rounded } from '../quantiles.ts';
import { batchGet } from './ask-batch.ts';
import { RULED_MLS } from './homes.ts';

const POLL_MS = 5;
const LIMIT_MS = 60_000;
/** Homes asked for at a time, drawn anew for each question. */
const PROBE = 50;
const KEPT_SAMPLE = 1_000;
const PERCENT = 100;

export interface RuleFigures {
  readonly ruleP50Ms: number;
  readonly ruleP99Ms: number;
  readonly ruleChanges: number;
  readonly ruleHomes: number;
  readonly ruleProcesses: number;
  /** INVALIDATEs while all of that happened: 0, or a rule costs work for each home. */
  readonly rulePerHomeWork: number;
  /** Share of the homes under it that are cached afterwards as before. */
  readonly ruleKeptPercent: number;
}

interface RuleWorld {
  readonly apiUrls: readonly string[];
  readonly databaseUrl: string;
  readonly fleet: Pick<Fleet, 'metrics'>;
  readonly redis: ReturnType<typeof connectRedis>;
}

/** Changes that the invalidator applied to homes so far. */
async function invalidationsOf({ fleet }: RuleWorld): Promise<number> {
  const metrics = await fleet.metrics('invalidator');
  const name = 'porchlight.invalidator.changes';
  return metrics.sum(name) - metrics.sum(name, { outcome: 'counted' });
}

async function cachedOf(redis: RuleWorld['redis'], homes: readonly string[]): Promise<number> {
  const keys = homes.slice(0, KEPT_SAMPLE).map((id) => keysOf(id, 'e1').value);
  return (await redis.exists(...keys)) / keys.length;
}

/** One rule over all these homes turns stricter again and again: how long until every process refuses every home asked for. */
export async function measureRules(
  world: RuleWorld,
  homes: readonly string[],
  ruleChanges: number,
): Promise<RuleFigures> {
  const writer = connectCatalogWriter({ databaseUrl: world.databaseUrl });
  const drawn = () => Array.from({ length: PROBE }, () => homes[Math.floor(Math.random() * homes.length)] ?? '');
  const isEverywhere = async (status: string): Promise<boolean> => {
    const answers = await Promise.all(world.apiUrls.map((url) => batchGet(url, [...new Set(drawn())], 0)));
    return answers.every(({ results }) => results.every((result) => result.status === status));
  };
  const until = async (status: string): Promise<void> => {
    const giveUpAt = performance.now() + LIMIT_MS;
    while (!(await isEverywhere(status))) {
      if (performance.now() > giveUpAt) throw new Error(`a rule did not lead to ${status} within ${LIMIT_MS} ms`);
      await delay(POLL_MS);
    }
  };
  const times = createDurations();
  const before = await invalidationsOf(world);
  try {
    for (let change = 0; change < ruleChanges; change += 1) {
      await writer.setRule({ mlsId: RULED_MLS, activeLevel: 'unregistered', offMarketLevel: 'unregistered' });
      await until('available');
      await writer.setRule({ mlsId: RULED_MLS, activeLevel: 'agent', offMarketLevel: 'agent' });
      const committedAt = performance.now();
      await until('restricted');
      times.record(performance.now() - committedAt);
    }
  } finally {
    await writer.close();
  }
  return {
    ruleP50Ms: rounded(times.at(50)),
    ruleP99Ms: rounded(times.at(99)),
    ruleChanges,
    ruleHomes: homes.length,
    ruleProcesses: world.apiUrls.length,
    rulePerHomeWork: (await invalidationsOf(world)) - before,
    ruleKeptPercent: rounded((await cachedOf(world.redis, homes)) * PERCENT),
  };
}

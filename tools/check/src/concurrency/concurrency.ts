import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { InvalidArgumentError, type Command } from 'commander';
import { connectCatalogWriter } from '@porchlight/property-catalog';
import { createTestDatabase } from '@porchlight/property-catalog/testing';
import { dataFolder, startStack } from '@porchlight/stack';
import { createSimulator } from '@porchlight/upstream-simulator';
import type { Check, CheckOptions, CheckResult, Say } from '../check.ts';
import { CONTROL, designs, OURS } from './designs/design-list.ts';
import { openEmptyRedis } from './empty-redis.adapter.ts';
import { runDesign, type DesignRun, type Ground } from './run-design.ts';
import { tableOf } from './table-of.ts';

const INSTANCE = 'concurrency';
const SECONDS_MIN = 2;
const UPSTREAM_KEY = 'concurrency';

const names = designs.map(({ name }) => name);

/** @throws {InvalidArgumentError} naming those that there are */
export function chooseDesigns(text: string): readonly string[] {
  const chosen = text.split(',').map((name) => name.trim());
  const unknown = chosen.filter((name) => !names.includes(name));
  if (unknown.length > 0)
    throw new InvalidArgumentError(`no design ${unknown.join(', ')}; there are ${names.join(', ')}.`);
  return chosen;
}

const secondsFrom = (text: string): number => {
  const seconds = Number(text);
  if (!(seconds >= SECONDS_MIN)) throw new InvalidArgumentError(`a number from ${SECONDS_MIN} on.`);
  return seconds;
};

interface Options {
  readonly seconds: number;
  readonly designs: readonly string[];
}

/** Several processes on one Redis; what each saw is judged afterwards, and beside it what the libraries let through. */
export const concurrency: Check = {
  name: 'concurrency',
  proves: 'what several processes see of homes that change under them: of ours nothing stale, of other caches how much',
  configure(command: Command) {
    command
      .option('--seconds <seconds>', 'how long each design is under load', secondsFrom, 30)
      .option('--designs <design,...>', 'only these', chooseDesigns, names);
  },
  list: () => designs.map(({ name, what }) => `${name.padEnd(20)} ${what}`),
  async run(options: CheckOptions, say: Say, signal: AbortSignal): Promise<CheckResult> {
    const stack = await startStack({
      instance: INSTANCE,
      services: ['redis', 'postgres'],
      // Its own: everything in that Redis is thrown away before each design.
      environment: { ...process.env, REDIS_URL: undefined, DATABASE_URL: undefined },
      onProgress: ({ service, phase, detail }) => say(`${service}: ${phase} ${detail}`),
      signal,
    });
    try {
      return await onStack(stack, options as unknown as Options, say, signal);
    } finally {
      await stack.stop();
    }
  },
};

async function onStack(
  { redisUrl, databaseUrl: serverUrl }: { redisUrl: string; databaseUrl: string },
  options: Options,
  say: Say,
  signal: AbortSignal,
): Promise<CheckResult> {
  const folder = join(dataFolder(INSTANCE), 'histories');
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  const database = await createTestDatabase(serverUrl);
  const writer = connectCatalogWriter({ databaseUrl: database.databaseUrl });
  const redis = openEmptyRedis(redisUrl);
  const simulator = await createSimulator({ apiKey: UPSTREAM_KEY });
  const { databaseUrl } = database;
  const forgetAll = () => redis.forgetAll();
  const ground = { redisUrl, databaseUrl, writer, simulator, upstreamKey: UPSTREAM_KEY, folder, forgetAll };
  try {
    return await runAll(ground, options, say, signal);
  } finally {
    redis.close();
    await Promise.all([simulator.close(), writer.close()]);
    await database.drop();
  }
}

async function runAll(
  ground: Ground,
  { designs: chosen, seconds }: Options,
  say: Say,
  signal: AbortSignal,
): Promise<CheckResult> {
  const runs = new Map<string, DesignRun>();
  for (const [number, design] of chosen.entries()) {
    signal.throwIfAborted();
    say(`${design}: ${seconds} s …`);
    const run = await runDesign(ground, { design, seconds, number }, say);
    runs.set(design, run);
    for (const violation of run.violations) say(`${design}: ${violation}`);
    for (const [error, times] of Object.entries(run.errors)) say(`${design}: ${times} times ${error}`);
  }
  tableOf(runs).forEach(say);
  const failed = [...runs].flatMap(([design, run]) => failureOf(design, run));
  for (const each of failed) say(each);
  const figures = Object.fromEntries([...runs].map(([design, run]) => [design, figuresOf(run)]));
  return { passed: failed.length === 0, figures: { seconds, designs: figures } };
}

/** Ours keeps every promise; the control is caught, or nothing was proven; and whoever reads is answered. */
function failureOf(design: string, { violations, staleReads, reads }: DesignRun): string[] {
  if (reads === 0) return [`${design}: nothing was read`];
  if (design === OURS && violations.length > 0) return [`${design}: a promise was broken`];
  if (design === CONTROL && staleReads === 0) return [`${design}: the control was not caught: the load proves nothing`];
  return [];
}

const figuresOf = ({ reads, staleReads, invalidations, billedCalls, ...rest }: DesignRun) => ({
  reads,
  staleReads,
  invalidations,
  billedCalls,
  staleMsMax: Math.round(rest.staleMsMax),
  staleEstimates: rest.staleEstimates,
  staleEstimateMsMax: Math.round(rest.staleEstimateMsMax),
  billedItems: rest.billedItems,
  violations: rest.violations.length,
  unanswered: rest.unanswered,
});

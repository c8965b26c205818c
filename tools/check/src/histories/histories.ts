import { randomInt } from 'node:crypto';
import { InvalidArgumentError, type Command } from 'commander';
import { promises, redisHistoryWorlds, replayHistory } from '@porchlight/estimate-cache/testing/histories';
import { startStack } from '@porchlight/stack';
import type { Check, CheckOptions, CheckResult, Say } from '../check.ts';
import { runSearch } from './run-search.ts';
import type { SearchTask } from './search-protocol.ts';

const INSTANCE = 'histories';
/** Each is a core's worth; Redis takes what they leave. */
const PROCESSES = 2;
/** Histories side by side in a process: fewer leave round trips empty, more only wait. */
const LANES = 128;
/** The control must have failed by then (issue C, item 4). */
const CONTROL_HISTORIES_MAX = 1_000;
const CONTROL_SECONDS_MAX = 120;
/** Seeds of two processes never meet: each takes one for every twenty histories. */
const SEEDS_A_PROCESS = 10_000_000;
const SEED_END = 1_000_000_000;

const numberFrom =
  (min: number) =>
  (text: string): number => {
    const value = Number(text);
    if (!(value >= min)) throw new InvalidArgumentError(`a number from ${min} on.`);
    return value;
  };

interface Options {
  readonly minutes: number;
  readonly seed: number | undefined;
  readonly path: string | undefined;
}

/** Random histories of several homes on a real Redis, each command judged; a failure is told as a story. */
export const histories: Check = {
  name: 'histories',
  proves: 'the promises of the cache protocol, in random histories of the shipped adapter and its Lua on a real Redis',
  configure(command: Command) {
    command
      .option('--minutes <minutes>', 'how long to play', numberFrom(0.01), 10)
      .option('--seed <seed>', 'begin from this seed; with --path, play one history again', numberFrom(-(2 ** 31)))
      .option('--path <path>', 'the path that a failure printed, with its --seed');
  },
  list: () => [`promises that every step is held to: ${promises.join(', ')}`],
  async run(options: CheckOptions, say: Say, signal: AbortSignal): Promise<CheckResult> {
    const chosen = options as unknown as Options;
    const stack = await startStack({
      instance: INSTANCE,
      services: ['redis'],
      // One of its own: evictions and time are ours to make.
      environment: { ...process.env, REDIS_URL: undefined },
      onProgress: ({ phase, detail }) => say(`redis: ${phase} ${detail}`),
      signal,
    });
    try {
      const { seed, path } = chosen;
      if (path !== undefined) return await replay({ seed: seed ?? 0, path, redisUrl: stack.redisUrl }, say);
      return await search({ ...chosen, redisUrl: stack.redisUrl }, say, signal);
    } finally {
      await stack.stop();
    }
  },
};

async function replay(
  { seed, path, redisUrl }: { seed: number; path: string; redisUrl: string },
  say: Say,
): Promise<CheckResult> {
  const worlds = await redisHistoryWorlds(redisUrl, 'ours');
  try {
    const { violation, story } = await replayHistory({ seed, path }, worlds.world());
    story.forEach(say);
    const figures = {
      histories: 1,
      violations: violation === null ? 0 : 1,
      controlFailedAfter: null,
      seconds: 0,
      seed,
    };
    return { passed: violation === null, figures };
  } finally {
    await worlds.close();
  }
}

/** The control first: if it passes, what follows would prove nothing. */
async function search(
  { minutes, seed = randomInt(SEED_END), redisUrl }: Options & { redisUrl: string },
  say: Say,
  signal: AbortSignal,
): Promise<CheckResult> {
  say(`seed ${seed}`);
  const shared = { redisUrl, lanes: LANES };
  const limits = { seconds: CONTROL_SECONDS_MAX, historiesMax: CONTROL_HISTORIES_MAX };
  const control = await runSearch([{ ...shared, ...limits, design: 'plain', seed }], () => undefined, signal);
  const [failed] = control.failures;
  const controlFailedAfter = failed?.failedAfter ?? null;
  say(`SET and DEL fail after ${controlFailedAfter} histories (--seed ${failed?.seed}):`);
  failed?.story.forEach(say);

  const began = performance.now();
  const tasks = Array.from({ length: PROCESSES }, (_, process): SearchTask => {
    const each = { seed: (seed + process * SEEDS_A_PROCESS) | 0, seconds: minutes * 60, historiesMax: null };
    return { ...shared, ...each, design: 'ours' };
  });
  let saidAt = began;
  const told = (count: number): void => {
    if (performance.now() - saidAt < 30_000) return;
    saidAt = performance.now();
    say(`${count} histories in ${Math.round((saidAt - began) / 1_000)} s`);
  };
  const ours = await runSearch(tasks, told, signal);
  const seconds = Math.round((performance.now() - began) / 1_000);
  for (const failure of ours.failures) {
    say(`--seed ${failure.seed} --path ${failure.path}`);
    failure.story.forEach(say);
  }
  say(`${ours.histories} histories of ${Math.round(ours.steps / ours.histories)} steps in ${seconds} s`);
  const violations = ours.failures.length;
  return {
    passed: violations === 0 && controlFailedAfter !== null && ours.histories > 0,
    figures: { histories: ours.histories, violations, controlFailedAfter, seconds, seed, steps: ours.steps },
  };
}

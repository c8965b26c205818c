import { randomInt } from 'node:crypto';
import { Option, type Command } from 'commander';
import {
  plantedFaults,
  promises,
  redisHistoryWorlds,
  replayHistory,
} from '@porchlight/estimate-cache/testing/histories';
import { numberFrom } from '../number-from.ts';
import type { Check, CheckOptions, CheckResult, Say } from '../check.ts';
import { startHistoryServers, topologyNames, type HistoryServers, type TopologyChoice } from './history-servers.ts';
import { runSearch } from './run-search.ts';
import type { SearchTask } from './search-protocol.ts';

/** Each is a core's worth; Redis takes what they leave. */
const PROCESSES = 2;
/** Histories side by side in a process: fewer leave round trips empty, more only wait. */
const LANES = 128;
/** The control must have failed by then (issue C, item 4). */
const CONTROL_HISTORIES_MAX = 1_000;
const CONTROL_SECONDS_MAX = 120;
const PLANTED_SECONDS_MAX = 300;
/** Seeds of two processes never meet: each takes one for every twenty histories. */
const SEEDS_A_PROCESS = 10_000_000;
const SEED_END = 1_000_000_000;

interface Options {
  readonly minutes: number;
  readonly seed: number | undefined;
  readonly path: string | undefined;
  readonly planted: boolean | undefined;
  readonly topology: TopologyChoice;
}

/** Random histories of several homes on a real Redis, each command judged; a failure is told as a story. */
export const histories: Check = {
  name: 'histories',
  proves: 'the promises of the cache protocol, in random histories of the shipped adapter and its Lua on a real Redis',
  configure(command: Command) {
    command
      .option('--minutes <minutes>', 'how long to play', numberFrom(0.01), 10)
      .option('--seed <seed>', 'begin from this seed; with --path, play one history again', numberFrom(-(2 ** 31)))
      .option('--path <path>', 'the path that a failure printed, with its --seed')
      .option('--planted', 'instead: how long each guard that is taken out of the Lua stays unnoticed')
      .addOption(new Option('--topology <servers>', 'where').choices(topologyNames).default('single'));
  },
  list: () => [
    `promises that every step is held to: ${promises.join(', ')}`,
    ...plantedFaults.map(({ name, script }) => `planted in ${script}: ${name}`),
  ],
  async run(options: CheckOptions, say: Say, signal: AbortSignal): Promise<CheckResult> {
    const chosen = options as unknown as Options;
    const servers = await startHistoryServers(chosen.topology, say, signal);
    try {
      const { seed, path } = chosen;
      if (path !== undefined) return await replay({ seed: seed ?? 0, path, servers }, say);
      if (chosen.planted) return await searchPlanted({ ...chosen, servers }, say, signal);
      return await search({ ...chosen, servers }, say, signal);
    } finally {
      await servers.stop();
    }
  },
};

async function replay(
  { seed, path, servers }: { seed: number; path: string; servers: HistoryServers },
  say: Say,
): Promise<CheckResult> {
  const worlds = await redisHistoryWorlds(servers.ours, 'ours');
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

/** Takes the guards out one at a time; each must be missed. */
async function searchPlanted(
  { seed = randomInt(SEED_END), servers }: Pick<Options, 'seed'> & { servers: HistoryServers },
  say: Say,
  signal: AbortSignal,
): Promise<CheckResult> {
  say(`seed ${seed}`);
  const began = performance.now();
  const planted: Record<string, number | null> = {};
  let histories = 0;
  for (const fault of plantedFaults) {
    const limits = { seconds: PLANTED_SECONDS_MAX, historiesMax: null };
    const tasks = processTasks(seed, { servers: servers.single, lanes: LANES, design: fault, ...limits });
    const searched = await runSearch(tasks, () => undefined, signal);
    histories += searched.histories;
    const [failure] = searched.failures;
    planted[fault.name] = failure === undefined ? null : searched.histories;
    say(
      `${fault.name}: ${failure === undefined ? `NOT missed in ${searched.histories}` : searched.histories} histories`,
    );
    failure?.story.forEach((line) => say(`  ${line}`));
  }
  const survived = Object.values(planted).filter((after) => after === null).length;
  const seconds = Math.round((performance.now() - began) / 1_000);
  const figures = { histories, violations: survived, controlFailedAfter: null, seconds, seed, planted };
  return { passed: survived === 0, figures };
}

/** One task for each process, with seeds that never meet. */
const processTasks = (seed: number, task: Omit<SearchTask, 'seed'>): SearchTask[] =>
  Array.from({ length: PROCESSES }, (_, process) => ({ ...task, seed: (seed + process * SEEDS_A_PROCESS) | 0 }));

/** The control first: if it passes, what follows would prove nothing. */
async function search(
  { minutes, seed = randomInt(SEED_END), servers, topology }: Options & { servers: HistoryServers },
  say: Say,
  signal: AbortSignal,
): Promise<CheckResult> {
  say(`seed ${seed}`);
  const shared = { lanes: LANES };
  const limits = { seconds: CONTROL_SECONDS_MAX, historiesMax: CONTROL_HISTORIES_MAX };
  const control = await runSearch(
    [{ ...shared, ...limits, servers: servers.single, design: 'plain', seed }],
    () => undefined,
    signal,
  );
  const [failed] = control.failures;
  const controlFailedAfter = failed?.failedAfter ?? null;
  say(`SET and DEL fail after ${controlFailedAfter} histories (--seed ${failed?.seed}):`);
  failed?.story.forEach(say);

  const began = performance.now();
  const tasks = processTasks(seed, {
    ...shared,
    servers: servers.ours,
    design: 'ours',
    seconds: minutes * 60,
    historiesMax: null,
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
    figures: { histories: ours.histories, violations, controlFailedAfter, seconds, seed, steps: ours.steps, topology },
  };
}

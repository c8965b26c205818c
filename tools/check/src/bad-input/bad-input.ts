import { InvalidArgumentError, type Command } from 'commander';
import type { Check, CheckOptions, CheckResult, Say } from '../check.ts';
import { openApiGround, type ApiGround } from './api-ground.ts';
import { assaults, type Assault } from './assaults.ts';
import { startBystander } from './bystander.ts';

const INSTANCE = 'bad-input';
/** What the process may have more than before, at any moment: 10,000 connections are about 10 kB each in Node, twice that with a request. */
export const GROWTH_BYTES_MAX = 400 * 1024 * 1024;
const LOOK_MS = 250;
/** Questions before the first look at the memory. */
const WARM_UP = 100;
const MB = 1024 * 1024;

const names = assaults.map(({ name }) => name);

/** @throws {InvalidArgumentError} naming those that there are */
export function chooseAssaults(text: string): readonly string[] {
  const chosen = text.split(',').map((name) => name.trim());
  const unknown = chosen.filter((name) => !names.includes(name));
  if (unknown.length > 0)
    throw new InvalidArgumentError(`no assault ${unknown.join(', ')}; there are ${names.join(', ')}.`);
  return chosen;
}

/** What one assault came to. */
export interface Outcome {
  readonly wrong: readonly string[];
  readonly asked: number;
  readonly p99Ms: number;
  readonly peakBytes: number;
}

/** @returns what is wrong with an outcome, the bystander's failures and the memory included */
export function judgeOutcome(
  met: readonly string[],
  seen: { readonly failures: readonly string[]; readonly peakBytes: number; readonly beforeBytes: number },
): readonly string[] {
  const growth = seen.peakBytes - seen.beforeBytes;
  return [
    ...met,
    ...(seen.failures.length > 0 ? [`${seen.failures.length} others were not served: ${seen.failures[0]}`] : []),
    ...(growth > GROWTH_BYTES_MAX ? [`the process grew by ${Math.round(growth / MB)} MB`] : []),
  ];
}

const p99Of = (values: readonly number[]): number =>
  [...values].sort((a, b) => a - b)[Math.floor(values.length * 0.99)] ?? 0;

async function runAssault(assault: Assault, ground: ApiGround, beforeBytes: number): Promise<Outcome> {
  let peakBytes = 0;
  let isOver = false;
  const looking = (async () => {
    while (!isOver) {
      peakBytes = Math.max(peakBytes, await ground.residentBytes());
      await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
    }
  })();
  const bystander = startBystander(ground.url);
  const met = await assault.run({ port: ground.port, bystander }).catch((error: unknown) => [String(error)]);
  const { durationsMs, failures } = await bystander.stop();
  isOver = true;
  await looking;
  const wrong = judgeOutcome(met, { failures, peakBytes, beforeBytes });
  return { wrong, asked: durationsMs.length + failures.length, p99Ms: p99Of(durationsMs), peakBytes };
}

async function warmUp(ground: ApiGround): Promise<number> {
  const bystander = startBystander(ground.url);
  await bystander.asked(WARM_UP);
  await bystander.stop();
  return await ground.residentBytes();
}

async function runAll(
  chosen: readonly Assault[],
  ground: ApiGround,
  say: Say,
  signal: AbortSignal,
): Promise<CheckResult> {
  const beforeBytes = await warmUp(ground);
  say(`${Math.round(beforeBytes / MB)} MB before`);
  const outcomes: Outcome[] = [];
  for (const assault of chosen) {
    signal.throwIfAborted();
    const outcome = await runAssault(assault, ground, beforeBytes);
    outcomes.push(outcome);
    const { wrong, asked, p99Ms, peakBytes } = outcome;
    say(
      `${assault.name.padEnd(20)} ${wrong.length === 0 ? 'met' : `FAILED: ${wrong.join('; ')}`} | ` +
        `${asked} others served, p99 ${p99Ms.toFixed(0)} ms | ${Math.round(peakBytes / MB)} MB at most`,
    );
  }
  const failed = outcomes.filter(({ wrong }) => wrong.length > 0).length;
  return {
    passed: failed === 0,
    figures: {
      scenarios: outcomes.length,
      failed,
      othersP99Ms: Math.round(Math.max(...outcomes.map(({ p99Ms }) => p99Ms))),
      rssMbBefore: Math.round(beforeBytes / MB),
      rssMbMax: Math.round(Math.max(...outcomes.map(({ peakBytes }) => peakBytes)) / MB),
    },
  };
}

/** Slow, many and malicious clients against one estimate-api on real servers, while somebody else goes on asking. */
export const badInput: Check = {
  name: 'bad-input',
  proves: 'slow, many and malicious clients of estimate-api: others are served, memory is bounded',
  configure(command: Command) {
    command.option('--only <assault,...>', 'only these', chooseAssaults, names);
  },
  list: () => assaults.map(({ name, what }) => `${name.padEnd(20)} ${what}`),
  async run(options: CheckOptions, say: Say, signal: AbortSignal): Promise<CheckResult> {
    const chosen = assaults.filter(({ name }) => (options['only'] as readonly string[]).includes(name));
    const ground = await openApiGround(INSTANCE, say, signal);
    try {
      return await runAll(chosen, ground, say, signal);
    } finally {
      await ground.close();
    }
  },
};

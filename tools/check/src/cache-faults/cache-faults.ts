import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { InvalidArgumentError, type Command } from 'commander';
import { dataFolder, holdInstance } from '@porchlight/stack';
import type { Check, CheckOptions, CheckResult, Say } from '../check.ts';
import { killAllChildren } from '../stream-faults/child-process.ts';
import { FeedStack } from './feed-stack.ts';
import { scenarios } from './scenario-list.ts';
import type { Scenario, Seen } from './scenario.ts';
import type { World } from './world.ts';

const INSTANCE = 'cache-faults';
const QUICK = 'quick';

/** Chooses scenarios by name, `quick` for the subset. @throws {InvalidArgumentError} naming those that there are */
export function chooseScenarios(names: string): readonly Scenario[] {
  const wanted = names.split(',').map((name) => name.trim());
  const known = scenarios.map(({ name }) => name);
  const unknown = wanted.filter((name) => name !== QUICK && !known.includes(name));
  if (unknown.length > 0)
    throw new InvalidArgumentError(`no scenario ${unknown.join(', ')}; there are ${known.join(', ')} and ${QUICK}.`);
  return scenarios.filter(({ name, quick }) => wanted.includes(name) || (quick && wanted.includes(QUICK)));
}

interface Row extends Seen {
  readonly name: string;
  readonly promised: string;
  readonly seconds: number;
}

/** Faults of Redis, of the hosts and of the processes that share the cache, while every answer is written down. */
export const cacheFaults: Check = {
  name: 'cache-faults',
  proves:
    'what the cache keeps while its processes are killed and frozen, clocks step, and Redis dies, forgets and is full',
  configure(command: Command) {
    command.option(
      '--only <scenario,...>',
      `only these; "${QUICK}" is the subset without Kafka and database`,
      chooseScenarios,
    );
  },
  list: () => scenarios.map(({ name, what, quick }) => `${name.padEnd(34)} ${quick ? 'quick' : '     '} ${what}`),
  async run(options: CheckOptions, say: Say, signal: AbortSignal): Promise<CheckResult> {
    const chosen = (options['only'] as readonly Scenario[] | undefined) ?? scenarios;
    const hold = await holdInstance({ instance: INSTANCE, marker: 'tools/check/src/main.ts' });
    const rows: Row[] = [];
    const shared = sharedBy({ say, signal });
    try {
      for (const scenario of chosen) rows.push(await runOne(scenario, { ...shared, say, signal }));
    } finally {
      await shared.feedStack.stop();
      await hold.release();
    }
    const failed = rows.filter(({ violations }) => violations.length > 0).map(({ name }) => name);
    const skipped = rows.filter((row) => row.skipped !== undefined).map(({ name }) => name);
    const staleAfterAcknowledgement = sumOf(rows, 'staleAfterAcknowledgement');
    return { passed: failed.length === 0, figures: { failed, skipped, staleAfterAcknowledgement, scenarios: rows } };
  },
};

type Shared = Pick<World, 'feedStack' | 'nextHomes'>;

/** What scenarios share: the slow parts, and the homes of the city, each of which is changed by one scenario only. */
function sharedBy({ say, signal }: { say: Say; signal: AbortSignal }): Shared {
  let taken = 0;
  return {
    feedStack: new FeedStack({ instance: INSTANCE, folder: dataFolder(INSTANCE), say, signal }),
    nextHomes: (count) => {
      const from = taken;
      taken += count;
      return { from, count };
    },
  };
}

const sumOf = (rows: readonly Row[], figure: string): number =>
  rows.reduce((sum, { figures }) => sum + Number(figures[figure] ?? 0), 0);

/** What a scenario throws is a failure of that scenario; but nothing is once we were asked to stop. */
async function runOne(scenario: Scenario, given: Shared & { say: Say; signal: AbortSignal }): Promise<Row> {
  const { say, signal: asked } = given;
  say(`${scenario.name}: ${scenario.what}`);
  const began = performance.now();
  const undone: (() => Promise<void> | void)[] = [];
  const ended = new AbortController();
  const folder = join(dataFolder(INSTANCE), scenario.name);
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  const signal = AbortSignal.any([asked, ended.signal]);
  const world: World = { ...given, folder, signal, onEnd: (undo) => void undone.push(undo) };
  const seen = await scenario
    .run(world)
    .catch((thrown: unknown): Seen => {
      asked.throwIfAborted();
      const why = thrown instanceof Error ? thrown.message : String(thrown);
      return { violations: [`the scenario broke off: ${why}`], figures: {} };
    })
    .finally(() => takeDown(undone, ended));
  const seconds = Math.round((performance.now() - began) / 1_000);
  const row = { name: scenario.name, promised: scenario.promised, seconds, ...seen };
  tell(row, say);
  return row;
}

async function takeDown(undone: readonly (() => Promise<void> | void)[], ended: AbortController): Promise<void> {
  ended.abort();
  killAllChildren();
  for (const undo of undone.toReversed()) await undo();
}

function tell({ name, seconds, violations, figures, skipped }: Row, say: Say): void {
  const how = skipped !== undefined ? `skipped: ${skipped}` : violations.length === 0 ? 'passed' : 'FAILED';
  const numbers = Object.entries(figures).map(([figure, value]) => `${figure} ${String(value)}`);
  say(`${name}: ${how} in ${seconds} s; ${numbers.join(', ')}`);
  for (const violation of violations) say(`${name}: ${violation}`);
}

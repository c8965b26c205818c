import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { InvalidArgumentError, type Command } from 'commander';
import { dataFolder, holdInstance, startKafkaCluster } from '@porchlight/stack';
import type { Check, CheckOptions, CheckResult, Say } from '../check.ts';
import { killAllChildren } from './child-process.ts';
import { ClusterView } from './cluster-view.adapter.ts';
import { scenarios } from './scenario-list.ts';
import type { Scenario, Seen } from './scenario.ts';
import { mendCluster, type World } from './world.ts';

const INSTANCE = 'check';
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

/** Faults on a real three-broker cluster, done to a group while a checker knows every record. */
export const streamFaults: Check = {
  name: 'stream-faults',
  proves:
    'what the stream runtime keeps while members and brokers of a real three-node cluster are killed, frozen and moved',
  configure(command: Command) {
    command.option('--only <scenario,...>', `only these; "${QUICK}" is the subset for a build`, chooseScenarios);
  },
  list: () => scenarios.map(({ name, what, quick }) => `${name.padEnd(26)} ${quick ? 'quick' : '     '} ${what}`),
  async run(options: CheckOptions, say: Say, signal: AbortSignal): Promise<CheckResult> {
    const chosen = (options['only'] as readonly Scenario[] | undefined) ?? scenarios;
    const hold = await holdInstance({ instance: INSTANCE, marker: 'tools/check/src/main.ts' });
    try {
      return await onCluster(chosen, say, signal);
    } finally {
      killAllChildren();
      await hold.release();
    }
  },
};

async function onCluster(chosen: readonly Scenario[], say: Say, signal: AbortSignal): Promise<CheckResult> {
  const folder = join(dataFolder(INSTANCE), 'members');
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  const report = (detail: string): void => say(`cluster: ${detail}`);
  const cluster = await startKafkaCluster({ dir: join(dataFolder(INSTANCE), 'cluster'), report, signal });
  const brokers = cluster.address.split(',');
  const view = new ClusterView(brokers);
  try {
    return await runAll(chosen, { cluster, brokers, view, folder, say, signal });
  } finally {
    await view.close();
    await cluster.stop();
  }
}

interface Row extends Seen {
  readonly name: string;
  readonly seconds: number;
}

async function runAll(chosen: readonly Scenario[], world: World): Promise<CheckResult> {
  const rows: Row[] = [];
  for (const scenario of chosen) {
    world.say(`${scenario.name}: ${scenario.what}`);
    const began = performance.now();
    const seen = await runOne(scenario, world);
    const row = { name: scenario.name, seconds: Math.round((performance.now() - began) / 1_000), ...seen };
    rows.push(row);
    tell(row, world.say);
  }
  const failed = rows.filter(({ violations }) => violations.length > 0).map(({ name }) => name);
  const skipped = rows.filter((row) => row.skipped !== undefined).map(({ name }) => name);
  const seconds = rows.reduce((sum, row) => sum + row.seconds, 0);
  return { passed: failed.length === 0, figures: { failed, skipped, seconds, scenarios: rows } };
}

/**
 * What a scenario throws is a failure of that scenario, and the next one is run on a mended cluster; but nothing is once we were asked to stop.
 */
async function runOne(scenario: Scenario, world: World): Promise<Seen> {
  const ended = new AbortController();
  const signal = AbortSignal.any([world.signal, ended.signal]);
  try {
    return await scenario.run({ ...world, signal });
  } catch (thrown) {
    world.signal.throwIfAborted();
    const why = thrown instanceof Error ? thrown.message : String(thrown);
    await mendCluster(world, []).catch(() => undefined);
    return { violations: [`the scenario broke off: ${why}`], figures: {} };
  } finally {
    ended.abort();
    killAllChildren();
  }
}

function tell({ name, seconds, violations, figures, skipped }: Row, say: Say): void {
  const how = skipped !== undefined ? `skipped: ${skipped}` : violations.length === 0 ? 'passed' : 'FAILED';
  const numbers = Object.entries(figures).map(([figure, value]) => `${figure} ${String(value)}`);
  say(`${name}: ${how} in ${seconds} s; ${numbers.join(', ')}`);
  for (const violation of violations) say(`${name}: ${violation}`);
}

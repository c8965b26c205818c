import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { dataFolder, holdInstance, startKafkaCluster } from '@porchlight/stack';
import type { Check, CheckOptions, CheckResult, Say } from '../check.ts';
import { addOnlyOption, chosenOf, listScenarios } from '../faults/choose-scenarios.ts';
import { resultOf, runScenarios } from '../faults/run-scenarios.ts';
import { ClusterView } from './cluster-view.adapter.ts';
import { scenarios } from './scenario-list.ts';
import { mendCluster, type StreamFault, type World } from './world.ts';

const INSTANCE = 'check';

/** Faults on a real three-broker cluster, done to a group while a checker knows every record. */
export const streamFaults: Check = {
  name: 'stream-faults',
  proves:
    'what the stream runtime keeps while members and brokers of a real three-node cluster are killed, frozen and moved',
  configure: (command) => addOnlyOption(command, scenarios, 'for a build'),
  list: () => listScenarios(scenarios),
  async run(options: CheckOptions, say: Say, signal: AbortSignal): Promise<CheckResult> {
    const hold = await holdInstance({ instance: INSTANCE, marker: 'tools/check/src/main.ts' });
    try {
      return await onCluster(chosenOf(scenarios, options), say, signal);
    } finally {
      await hold.release();
    }
  },
};

async function onCluster(chosen: readonly StreamFault[], say: Say, signal: AbortSignal): Promise<CheckResult> {
  const folder = join(dataFolder(INSTANCE), 'members');
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  const report = (detail: string): void => say(`cluster: ${detail}`);
  const cluster = await startKafkaCluster({ dir: join(dataFolder(INSTANCE), 'cluster'), report, signal });
  const brokers = cluster.address.split(',');
  const world: World = { cluster, brokers, view: new ClusterView(brokers), folder, say, signal };
  try {
    const rows = await runScenarios(chosen, {
      ...{ say, signal },
      worldOf: (_scenario, own) => ({ ...world, signal: own.signal }),
      mend: () => mendCluster(world, []),
    });
    return resultOf(rows, { seconds: rows.reduce((sum, row) => sum + row.seconds, 0) });
  } finally {
    await world.view.close();
    await cluster.stop();
  }
}

import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { dataFolder, holdInstance } from '@porchlight/stack';
import type { Check, CheckOptions, CheckResult, Say } from '../check.ts';
import { addOnlyOption, chosenOf, listScenarios } from '../faults/choose-scenarios.ts';
import { resultOf, runScenarios, type Own, type Row } from '../faults/run-scenarios.ts';
import { FeedStack } from './feed-stack.ts';
import { scenarios } from './scenario-list.ts';
import type { CacheFault, World } from './world.ts';

const INSTANCE = 'cache-faults';

/** Faults of Redis, of the hosts and of the processes that share the cache, while every answer is written down. */
export const cacheFaults: Check = {
  name: 'cache-faults',
  proves:
    'what the cache keeps while its processes are killed and frozen, clocks step, and Redis dies, forgets and is full',
  configure: (command) => addOnlyOption(command, scenarios, 'without Kafka and database'),
  list: () => listScenarios(scenarios),
  async run(options: CheckOptions, say: Say, signal: AbortSignal): Promise<CheckResult> {
    const hold = await holdInstance({ instance: INSTANCE, marker: 'tools/check/src/main.ts' });
    const shared = sharedBy({ say, signal });
    const worldOf = async ({ name }: CacheFault, own: Own): Promise<World> => ({
      ...shared,
      ...own,
      say,
      folder: await emptied(join(dataFolder(INSTANCE), name)),
    });
    try {
      const rows = await runScenarios(chosenOf(scenarios, options), { say, signal, worldOf });
      return resultOf(rows, { staleAfterAcknowledgement: sumOf(rows, 'staleAfterAcknowledgement') });
    } finally {
      await shared.feedStack.stop();
      await hold.release();
    }
  },
};

/** What scenarios share: the slow parts, and the homes of the city, each of which is changed by one scenario only. */
function sharedBy({ say, signal }: { say: Say; signal: AbortSignal }): Pick<World, 'feedStack' | 'nextHomes'> {
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

async function emptied(folder: string): Promise<string> {
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  return folder;
}

const sumOf = (rows: readonly Row[], figure: string): number =>
  rows.reduce((sum, { figures }) => sum + Number(figures[figure] ?? 0), 0);

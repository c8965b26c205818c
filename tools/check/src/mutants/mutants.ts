import { availableParallelism } from 'node:os';
import { repositoryFolder } from '@porchlight/stack';
import type { Check, CheckResult, Say } from '../check.ts';
import type { Mutant } from './mutant.ts';
import { readMutants, type MutantList } from './read-mutants.ts';
import { runMutant, type MutantRun } from './run-mutant.ts';

interface Entry {
  readonly folder: string;
  readonly mutant: Mutant;
}

const entriesOf = (lists: readonly MutantList[]): Entry[] =>
  lists.flatMap(({ folder, mutants }) => mutants.map((mutant) => ({ folder, mutant })));

const isNoticed = ({ fate }: MutantRun): boolean => fate === 'killed' || fate === 'hung';

/** Mutants are independent: as many at once as there are cores. */
async function runAll(entries: readonly Entry[], say: Say, signal: AbortSignal): Promise<MutantRun[]> {
  const runs: MutantRun[] = [];
  const waiting = [...entries];
  const work = async (): Promise<void> => {
    for (let entry = waiting.shift(); entry !== undefined && !signal.aborted; entry = waiting.shift()) {
      const run = await runMutant(repositoryFolder, entry.folder, entry.mutant);
      runs.push(run);
      const seen = run.failed[0] === undefined ? '' : `, by "${run.failed[0]}"`;
      say(`${run.fate.padEnd(8)} ${entry.folder}: ${entry.mutant.guards}${seen} (${run.seconds} s)`);
    }
  };
  await Promise.all(Array.from({ length: availableParallelism() }, work));
  signal.throwIfAborted();
  return runs;
}

/** Takes out, one at a time, the lines that keep the promises, and looks whether a test notices. */
export const mutants: Check = {
  name: 'mutants',
  proves: 'That a test fails when a line that keeps a promise is taken out: mutants.json of each library.',
  configure: (command) => void command.option('--in <folder>', 'only those of one folder, as libs/stream'),
  list: () => entriesOf(readMutants(repositoryFolder)).map(({ folder, mutant }) => `${folder}: ${mutant.guards}`),
  async run(options, say, signal): Promise<CheckResult> {
    const only = options['in'] as string | undefined;
    const lists = readMutants(repositoryFolder).filter(({ folder }) => only === undefined || folder === only);
    const entries = entriesOf(lists);
    if (entries.length === 0) throw new Error(`no mutants in ${only ?? 'the repository'}`);
    say(`${entries.length} mutants …`);
    const runs = await runAll(entries, say, signal);
    const count = (fate: MutantRun['fate']): number => runs.filter((run) => run.fate === fate).length;
    return {
      passed: runs.every(isNoticed),
      figures: {
        mutants: runs.length,
        ...{ killed: count('killed'), hung: count('hung'), survived: count('survived'), broken: count('broken') },
      },
    };
  },
};

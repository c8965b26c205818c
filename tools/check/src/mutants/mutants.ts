import { availableParallelism } from 'node:os';
import { join, relative } from 'node:path';
import { repositoryFolder } from '@porchlight/stack';
import type { Check, CheckResult, Say } from '../check.ts';
import type { Mutant } from './mutant.ts';
import { readMutants, type MutantList } from './read-mutants.ts';
import { findFailing, runMutant, type MutantRun } from './run-mutant.ts';

interface Entry {
  readonly folder: string;
  readonly mutant: Mutant;
}

const entriesOf = (lists: readonly MutantList[]): Entry[] =>
  lists.flatMap(({ folder, mutants }) => mutants.map((mutant) => ({ folder, mutant })));

const isNoticed = ({ fate }: MutantRun): boolean => fate === 'killed' || fate === 'hung';

const testsOf = ({ folder, mutant }: Entry): string[] => mutant.killedBy.map((test) => join(folder, test));

/** True for a mutant whose file, or a test of which, lies below the path, or is it. */
const isBelow = (entry: Entry, path: string): boolean =>
  [join(entry.folder, entry.mutant.file), ...testsOf(entry)].some((file) => !relative(path, file).startsWith('..'));

function sayRun(say: Say, { folder, mutant }: Entry, { fate, failed: [title], seconds }: MutantRun): void {
  const seen = title === undefined ? '' : ` (${title})`;
  say(`${fate.padEnd(8)} ${folder}: ${mutant.guards}${seen}, ${seconds} s`);
}

const broken = (why: string): MutantRun => ({ fate: 'broken', failed: [why], seconds: 0 });

/** One that does not fit the code, or whose run says nothing, is no reason not to run the others. */
const runOrBreak = ({ folder, mutant }: Entry): Promise<MutantRun> =>
  runMutant(repositoryFolder, folder, mutant).catch((error: unknown) =>
    broken(error instanceof Error ? error.message : String(error)),
  );

/** Mutants are independent: as many at once as there are cores. One whose tests fail without it is not run: it would seem to be noticed. */
async function runAll(entries: readonly Entry[], say: Say, signal: AbortSignal): Promise<MutantRun[]> {
  // Jest takes no names for all of them.
  if (entries.length === 0) return [];
  const failing = await findFailing(repositoryFolder, [...new Set(entries.flatMap(testsOf))]);
  for (const test of failing) say(`fails with nothing taken out: ${test}`);
  const runs: MutantRun[] = [];
  const waiting = [...entries];
  const work = async (): Promise<void> => {
    for (let entry = waiting.shift(); entry !== undefined && !signal.aborted; entry = waiting.shift()) {
      const isProof = !testsOf(entry).some((test) => failing.has(test));
      const run = isProof ? await runOrBreak(entry) : broken('its tests fail with nothing taken out');
      runs.push(run);
      sayRun(say, entry, run);
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
  configure: (command) =>
    void command.option('--in <paths...>', 'only those of these folders or files, as libs/stream'),
  list: () => entriesOf(readMutants(repositoryFolder)).map(({ folder, mutant }) => `${folder}: ${mutant.guards}`),
  async run(options, say, signal): Promise<CheckResult> {
    const paths = (options['in'] as string[] | undefined) ?? ['.'];
    const entries = entriesOf(readMutants(repositoryFolder)).filter((entry) =>
      paths.some((path) => isBelow(entry, path)),
    );
    say(`${entries.length} mutants …`);
    const runs = await runAll(entries, say, signal);
    const count = (fate: MutantRun['fate']): number => runs.filter((run) => run.fate === fate).length;
    return {
      // None at all proves nothing.
      passed: runs.length > 0 && runs.every(isNoticed),
      figures: {
        mutants: runs.length,
        ...{ killed: count('killed'), hung: count('hung'), survived: count('survived'), broken: count('broken') },
      },
    };
  },
};

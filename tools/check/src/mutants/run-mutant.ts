import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { runJest, type JestReport } from '../jest/run-jest.ts';
import { mutate, type Mutant } from './mutant.ts';

/** How a mutant ended. `broken`: it could not even be loaded, which proves nothing. */
export type Fate = 'killed' | 'hung' | 'survived' | 'broken';

export interface MutantRun {
  readonly fate: Fate;
  /** Titles of the tests that failed, a few. */
  readonly failed: readonly string[];
  readonly seconds: number;
}

/** A mutant may well go round for ever: that too is noticed. Far more than a run takes on a busy machine, or one that survives would seem noticed. */
const RUN_MS_MAX = 240_000;
const TITLES_MAX = 3;

/** Of the whole list at once, with nothing taken out. */
const SOUND_RUN_MS_MAX = 600_000;

/**
 * Runs tests with nothing taken out: one that fails then proves nothing by failing for a mutant.
 *
 * @param tests  test files, from the repository's folder
 * @returns      those that fail; all of them if the run did not end
 */
export async function findFailing(repository: string, tests: readonly string[]): Promise<ReadonlySet<string>> {
  const report = await runJest(repository, { tests, environment: {}, limitMs: SOUND_RUN_MS_MAX });
  return report === undefined ? new Set(tests) : new Set(failingIn(report, tests, repository));
}

/** @returns those of `tests` that did not pass, or of which the report says nothing */
export function failingIn(
  { testResults }: Pick<JestReport, 'testResults'>,
  tests: readonly string[],
  repository: string,
): string[] {
  const passed = new Set(testResults.filter(({ status }) => status === 'passed').map(({ name }) => name));
  return tests.filter((test) => !passed.has(join(repository, test)));
}

/**
 * Runs the tests that must notice. The file on disk stays as it is: Jest's transform (tools/jest/strip-types.mjs) changes what it loads.
 *
 * @throws {MutantError} when the mutant does not fit the code
 */
export async function runMutant(repository: string, folder: string, mutant: Mutant): Promise<MutantRun> {
  const file = join(repository, folder, mutant.file);
  mutate(await readFile(file, 'utf8'), mutant);
  const startedAt = performance.now();
  const report = await runJest(repository, {
    tests: mutant.killedBy.map((test) => join(folder, test)),
    environment: { PORCHLIGHT_MUTANT: JSON.stringify({ ...mutant, file }) },
    limitMs: RUN_MS_MAX,
  });
  const seconds = Math.round((performance.now() - startedAt) / 100) / 10;
  return report === undefined ? { fate: 'hung', failed: [], seconds } : { ...judge(report), seconds };
}

/** @returns what Jest's report says of a mutant */
export function judge(report: JestReport): Pick<MutantRun, 'fate' | 'failed'> {
  const failed = report.testResults
    .flatMap(({ assertionResults }) => assertionResults)
    .filter(({ status }) => status === 'failed')
    .map(({ fullName }) => fullName)
    .slice(0, TITLES_MAX);
  if (report.numRuntimeErrorTestSuites > 0) return { fate: 'broken', failed };
  return { fate: report.numFailedTests > 0 ? 'killed' : 'survived', failed };
}

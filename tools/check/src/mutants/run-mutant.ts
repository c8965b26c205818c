import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { mutate, type Mutant } from './mutant.ts';

/** How a mutant ended. `broken`: it could not even be loaded, which proves nothing. */
export type Fate = 'killed' | 'hung' | 'survived' | 'broken';

export interface MutantRun {
  readonly fate: Fate;
  /** Titles of the tests that failed, a few. */
  readonly failed: readonly string[];
  readonly seconds: number;
}

/** A mutant may well wait for ever: that too is noticed. */
const RUN_MS_MAX = 90_000;
const TITLES_MAX = 3;

interface JestReport {
  readonly numFailedTests: number;
  readonly numRuntimeErrorTestSuites: number;
  readonly testResults: readonly { readonly assertionResults: readonly { status: string; fullName: string }[] }[];
}

/**
 * Runs the tests that must notice. The file on disk stays as it is: Jest's transform (tools/jest/strip-types.mjs) changes what it loads.
 *
 * @throws {MutantError} when the mutant does not fit the code
 */
export async function runMutant(repository: string, folder: string, mutant: Mutant): Promise<MutantRun> {
  const file = join(repository, folder, mutant.file);
  mutate(await readFile(file, 'utf8'), mutant);
  const scratch = await mkdtemp(join(tmpdir(), 'porchlight-mutant-'));
  const startedAt = performance.now();
  try {
    const report = join(scratch, 'report.json');
    const inTime = await runJest(repository, {
      tests: mutant.killedBy.map((test) => join(folder, test)),
      environment: { PORCHLIGHT_MUTANT: JSON.stringify({ ...mutant, file }) },
      report,
    });
    const seconds = Math.round((performance.now() - startedAt) / 100) / 10;
    if (!inTime) return { fate: 'hung', failed: [], seconds };
    return { ...judge(JSON.parse(await readFile(report, 'utf8')) as JestReport), seconds };
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
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

interface JestRun {
  readonly tests: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  readonly report: string;
}

/** @returns false if it had to be ended */
function runJest(repository: string, { tests, environment, report }: JestRun): Promise<boolean> {
  const jest = [
    join(repository, 'node_modules/jest/bin/jest.js'),
    ...['-c', 'tools/jest/jest.config.mjs', '--json', '--outputFile', report, '-w', '1', '--runTestsByPath'],
  ];
  const child = spawn(process.execPath, [...jest, ...tests], {
    cwd: repository,
    env: {
      ...process.env,
      ...environment,
      PORCHLIGHT_TEST_KIND: 'unit',
      NODE_OPTIONS: '--experimental-vm-modules --disable-warning=ExperimentalWarning',
    },
    stdio: 'ignore',
  });
  return new Promise((resolve, reject) => {
    let inTime = true;
    const timer = setTimeout(() => {
      inTime = false;
      child.kill('SIGKILL');
    }, RUN_MS_MAX);
    child.once('error', reject);
    child.once('exit', () => {
      clearTimeout(timer);
      resolve(inTime);
    });
  });
}

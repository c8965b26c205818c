import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Of `jest --json`, what is read here. */
export interface JestReport {
  readonly numFailedTests: number;
  readonly numRuntimeErrorTestSuites: number;
  readonly testResults: readonly {
    /** The test file. */
    readonly name: string;
    readonly status: string;
    readonly assertionResults: readonly {
      status: string;
      fullName: string;
      failureMessages?: readonly string[] | null;
    }[];
  }[];
}

export interface JestRun {
  /** Test files, from the repository's folder. */
  readonly tests: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  readonly limitMs: number;
}

/** Runs unit tests in a process of their own. @returns Jest's report; undefined if it had to be ended */
export async function runJest(
  repository: string,
  { tests, environment, limitMs }: JestRun,
): Promise<JestReport | undefined> {
  const scratch = await mkdtemp(join(tmpdir(), 'porchlight-jest-'));
  try {
    const path = join(scratch, 'report.json');
    const jest = [
      join(repository, 'node_modules/jest/bin/jest.js'),
      ...['-c', 'tools/jest/jest.config.mjs', '--json', '--outputFile', path, '-w', '1'],
      // Not below TMPDIR, which `npm test` makes anew: what is compiled once is compiled for all runs.
      ...['--cacheDirectory', join(repository, '.porchlight', 'jest'), '--runTestsByPath'],
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
    return (await endsWithin(child, limitMs)) ? (JSON.parse(await readFile(path, 'utf8')) as JestReport) : undefined;
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}

/** @returns false if it had to be ended */
function endsWithin(child: ChildProcess, limitMs: number): Promise<boolean> {
  return new Promise((resolve, reject) => {
    let inTime = true;
    const timer = setTimeout(() => {
      inTime = false;
      child.kill('SIGKILL');
    }, limitMs);
    child.once('error', reject);
    child.once('exit', () => {
      clearTimeout(timer);
      resolve(inTime);
    });
  });
}

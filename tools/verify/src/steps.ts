import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { repository } from './repository.ts';
import { runScript, type ScriptInput } from './run-script.ts';

/** What one step of `npm test` found. */
export interface Outcome {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
}

export interface StepInput extends ScriptInput {
  /** Paths that the tests are limited to; none: all of them. */
  readonly paths: readonly string[];
}

export type Step = (input: StepInput) => Promise<Outcome>;

const PASSED: Outcome = { passed: 1, failed: 0, skipped: 0 };
const FAILED: Outcome = { passed: 0, failed: 1, skipped: 0 };

const jestCache = join(repository, '.porchlight', 'jest');

const bin = (path: string): string => join(repository, 'node_modules', path);

export const format: Step = async (input) => {
  const settings = ['--config', 'tools/prettier/prettier.config.mjs', '--ignore-path', 'tools/prettier/ignore'];
  const code = await runScript(
    bin('prettier/bin/prettier.cjs'),
    [...settings, '--check', '--log-level', 'warn', '.'],
    input,
  );
  return code === 0 ? PASSED : FAILED;
};

/** One process each: the types of all projects at once are more than 4 GB. */
const LINTED = ['apps', 'libs', 'tools'];

/** Lints after Nx has drawn its graph: without a cached graph the boundary rule warns and passes. */
export const lint: Step = async (input) => {
  const quiet = { ...input, environment: { ...input.environment, NX_DAEMON: 'false' } };
  const folder = mkdtempSync(join(tmpdir(), 'porchlight-graph-'));
  try {
    const graph = await runScript(bin('nx/dist/bin/nx.js'), ['graph', `--file=${join(folder, 'graph.json')}`], {
      ...quiet,
      onOutput: () => undefined,
    });
    if (graph !== 0) input.onOutput('nx could not draw the project graph\n');
    let isClean = true;
    for (const part of LINTED) {
      const settings = ['-c', 'tools/eslint/eslint.config.mjs', part];
      isClean = (await runScript(bin('eslint/bin/eslint.js'), settings, quiet)) === 0 && isClean;
    }
    return graph === 0 && isClean ? PASSED : FAILED;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
};

export const types: Step = async (input) => {
  const code = await runScript(bin('typescript-7/bin/tsc'), ['-p', 'tsconfig.base.json'], input);
  return code === 0 ? PASSED : FAILED;
};

/** Tests of one kind, told apart by the file's name (tools/jest/jest.config.mjs). */
export const tests =
  (kind: 'unit' | 'integration' | 'e2e', workers: number): Step =>
  async (input) => {
    const folder = mkdtempSync(join(tmpdir(), 'porchlight-counts-'));
    const counts = join(folder, 'counts.json');
    const environment = {
      ...input.environment,
      PORCHLIGHT_TEST_KIND: kind,
      PORCHLIGHT_TEST_COUNTS: counts,
      NODE_OPTIONS: '--experimental-vm-modules --disable-warning=ExperimentalWarning',
    };
    const settings = [
      '-c',
      'tools/jest/jest.config.mjs',
      '--reporters',
      '<rootDir>/tools/jest/progress-reporter.mjs',
      '-w',
      String(workers),
      // Not below TMPDIR, which is new for every run.
      '--cacheDirectory',
      jestCache,
    ];
    try {
      const code = await runScript(bin('jest/bin/jest.js'), [...settings, ...input.paths], { ...input, environment });
      const found = JSON.parse(readFileSync(counts, 'utf8')) as Outcome;
      const unexplained = code !== 0 && found.failed === 0 ? 1 : 0;
      return { ...found, failed: found.failed + unexplained };
    } catch (error) {
      input.signal.throwIfAborted();
      input.onOutput(`jest printed no counts: ${String(error)}\n`);
      return FAILED;
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  };

/** What the last line of `npm run check -- mutants` says. */
interface MutantFigures {
  readonly killed: number;
  readonly hung: number;
  readonly survived: number;
  readonly broken: number;
}

/** Lines that keep promises, taken out one at a time: each has passed that a test has noticed. */
export const mutants: Step = async (input) => {
  let said = '';
  const onOutput = (text: string): void => {
    said += text;
    input.onOutput(text);
  };
  const only = input.paths.length === 0 ? [] : ['--in', ...input.paths];
  const code = await runScript(join(repository, 'tools/check/src/main.ts'), ['mutants', ...only], {
    ...input,
    onOutput,
  });
  const found = mutantsIn(said);
  if (found === undefined) return FAILED;
  // Of paths that have none there is nothing to say.
  const isUnexplained = code !== 0 && found.failed === 0 && found.passed > 0;
  return isUnexplained ? { ...found, failed: 1 } : found;
};

/** @returns undefined where the last line is not the JSON object that ends a check */
export function mutantsIn(said: string): Outcome | undefined {
  try {
    const { killed, hung, survived, broken } = JSON.parse(said.trimEnd().split('\n').at(-1) ?? '') as MutantFigures;
    const [passed, failed] = [killed + hung, survived + broken];
    return Number.isInteger(passed + failed) ? { passed, failed, skipped: 0 } : undefined;
  } catch {
    return undefined;
  }
}

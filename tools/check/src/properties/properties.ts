import { randomInt } from 'node:crypto';
import { relative } from 'node:path';
import { repositoryFolder } from '@porchlight/stack';
import type { Check, CheckResult, Say } from '../check.ts';
import { runJest, type JestReport } from '../jest/run-jest.ts';
import { numberFrom } from '../number-from.ts';
import { propertyTests } from './property-tests.ts';

/** Of all of them at once, on a busy machine; a round takes about a minute on a quiet one. */
const ROUND_MS_MAX = 900_000;
const SEED_END = 2 ** 31;
/** Of a failure's text: the counterexample is in its beginning. */
const TOLD_LENGTH_MAX = 2_000;

export interface Failure {
  readonly file: string;
  readonly title: string;
  readonly message: string;
}

/** @returns what failed in a round; a file that could not be loaded counts as a failure of it */
export function failuresIn({ testResults }: Pick<JestReport, 'testResults'>, repository: string): Failure[] {
  return testResults.flatMap(({ name, status, assertionResults }) => {
    const file = relative(repository, name);
    const failed = assertionResults
      .filter((result) => result.status === 'failed')
      .map(({ fullName, failureMessages }) => ({ file, title: fullName, message: failureMessages?.[0] ?? '' }));
    const isUnexplained = status === 'failed' && failed.length === 0;
    return isUnexplained ? [{ file, title: 'could not be loaded', message: '' }] : failed;
  });
}

async function playRound(seed: number, tests: readonly string[], say: Say): Promise<number> {
  const startedAt = performance.now();
  const environment = { PORCHLIGHT_PROPERTY_SEED: String(seed) };
  const report = await runJest(repositoryFolder, { tests, environment, limitMs: ROUND_MS_MAX });
  const seconds = Math.round((performance.now() - startedAt) / 1_000);
  if (report === undefined) {
    say(`seed ${seed}: was not through in ${ROUND_MS_MAX / 1_000} s`);
    return 1;
  }
  const failures = failuresIn(report, repositoryFolder);
  say(`seed ${seed}: ${failures.length === 0 ? 'all hold' : `${failures.length} failed`}, ${seconds} s`);
  for (const { file, title, message } of failures) {
    say(`  ${file}: ${title}\n${message.slice(0, TOLD_LENGTH_MAX)}`);
    say(`  again: PORCHLIGHT_PROPERTY_SEED=${seed} npm test -- ${file}`);
  }
  return failures.length;
}

/** The properties of `npm test`, which there draw from one seed for ever, with other seeds. */
export const properties: Check = {
  name: 'properties',
  proves: 'that the property tests hold with other seeds than the one of npm test',
  configure: (command) =>
    void command
      .option('--minutes <minutes>', 'begin no round after so long', numberFrom(0), 10)
      .option('--seed <seed>', 'the first seed; random without it', numberFrom(0))
      .option('--in <paths...>', 'only the files whose path holds one of these'),
  list: () => propertyTests(repositoryFolder),
  async run(options, say, signal): Promise<CheckResult> {
    const { minutes, seed: asked, in: paths = [''] } = options as { minutes: number; seed?: number; in?: string[] };
    const tests = propertyTests(repositoryFolder).filter((file) => paths.some((path) => file.includes(path)));
    const firstSeed = asked ?? randomInt(SEED_END);
    const endsAt = performance.now() + minutes * 60_000;
    say(`${tests.length} files with properties, from seed ${firstSeed} …`);
    let rounds = 0;
    let failed = 0;
    do {
      failed += await playRound((firstSeed + rounds) % SEED_END, tests, say);
      rounds += 1;
      signal.throwIfAborted();
    } while (performance.now() < endsAt);
    return { passed: tests.length > 0 && failed === 0, figures: { files: tests.length, firstSeed, rounds, failed } };
  },
};

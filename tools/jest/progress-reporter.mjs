import { writeFileSync } from 'node:fs';
import { relative } from 'node:path';

/**
 * One line a test file, the whole story of a failure, and no summary of its own: `npm test` prints exactly one.
 * Counts go to the file named by PORCHLIGHT_TEST_COUNTS.
 */
export default class ProgressReporter {
  constructor(globalConfig) {
    this.rootDir = globalConfig.rootDir;
  }

  onTestFileStart(test) {
    if (process.env.PORCHLIGHT_TEST_VERBOSE) process.stdout.write(`  …    ${relative(this.rootDir, test.path)}\n`);
  }

  onTestResult(test, result) {
    const failed = result.numFailingTests + (result.testExecError ? 1 : 0);
    const seconds = (result.perfStats.runtime / 1000).toFixed(1);
    const name = relative(this.rootDir, test.path);
    process.stdout.write(`  ${failed ? 'FAIL' : 'ok  '} ${name} (${result.numPassingTests} passed, ${seconds} s)\n`);
    if (failed) process.stdout.write(`${result.failureMessage ?? result.testExecError?.message}\n`);
  }

  onRunComplete(_contexts, results) {
    const counts = {
      passed: results.numPassedTests,
      failed: results.numFailedTests + results.numRuntimeErrorTestSuites,
      skipped: results.numPendingTests + results.numTodoTests,
    };
    if (process.env.PORCHLIGHT_TEST_COUNTS) writeFileSync(process.env.PORCHLIGHT_TEST_COUNTS, JSON.stringify(counts));
  }
}

import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, test } from '@jest/globals';

const run = promisify(execFile);
const main = fileURLToPath(new URL('../main.ts', import.meta.url));
const TEST_MS = 300_000;

/** The same as `npm run check -- schemathesis`, with fewer requests. @returns its last line, or what it says of the Python that there is */
async function runCheck(): Promise<unknown> {
  try {
    const args = ['--disable-warning=ExperimentalWarning', main, 'schemathesis', '--examples', '20', '--json'];
    const { stdout } = await run(process.execPath, args, { maxBuffer: 16 * 1024 * 1024 });
    return JSON.parse(stdout.trim().split('\n').at(-1) ?? '');
  } catch (error) {
    const { stderr = String(error) } = error as { stderr?: string };
    return /schemathesis needs Python 3\.11/.exec(stderr)?.[0] ?? stderr.slice(-5_000);
  }
}

test(
  'estimate-api is what its OpenAPI document says; without Python 3.11 the check says that it needs it',
  async () => {
    const found = await runCheck();
    if (found === 'schemathesis needs Python 3.11') return;
    expect(found).toMatchObject({ name: 'schemathesis', passed: true, operations: 4, failures: 0 });
  },
  TEST_MS,
);

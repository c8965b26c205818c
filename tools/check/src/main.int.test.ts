import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, test } from '@jest/globals';
import { checks } from './checks.ts';

const run = promisify(execFile);
const main = fileURLToPath(new URL('main.ts', import.meta.url));
const check = (...args: string[]) => run(process.execPath, [main, ...args]);

test('without arguments the checks are listed by name', async () => {
  const { stdout } = await check();
  expect(
    stdout
      .trim()
      .split('\n')
      .map((line) => line.split(' ')[0]),
  ).toEqual(checks.map(({ name }) => name));
});

test('a scenario that is not there is refused before anything is started', async () => {
  await expect(check('stream-faults', '--only', 'nonsense')).rejects.toMatchObject({
    code: 1,
    stderr: expect.stringContaining('no scenario nonsense'),
  });
});

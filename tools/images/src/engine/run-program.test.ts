import { describe, expect, test } from '@jest/globals';
import { runProgram } from './run-program.ts';

const HOUR_MS = 3_600_000;
const node = (script: string, options: Partial<Parameters<typeof runProgram>[2]> = {}): Promise<string> =>
  runProgram(process.execPath, ['--eval', script], { timeoutMs: HOUR_MS, ...options });
const forever = 'setInterval(() => 0, 1_000)';

describe('a program', () => {
  test('hands on what it printed, and sees the environment that it is given', async () => {
    expect(await node('process.stdout.write(process.env.GIVEN)', { environment: { GIVEN: 'here' } })).toBe('here');
  });

  test.each([
    ['ends badly', () => node('console.error("no room"); process.exit(3)'), /ended with code 3:\nno room/],
    ['takes too long', () => node(forever, { timeoutMs: 1 }), /TimeoutError/],
    ['is called off', () => node(forever, { signal: AbortSignal.abort(new Error('asked to stop')) }), /asked to stop/],
    ['is not there', () => runProgram('/nowhere/program', [], { timeoutMs: HOUR_MS }), /ENOENT/],
  ])('that %s is told with why', async (_what, run, why) => {
    await expect(run()).rejects.toMatchObject({ code: 'COMMAND_FAILED', message: expect.stringMatching(why) });
  });
});

import { afterEach, beforeEach, expect, jest, test } from '@jest/globals';
import { createProgram } from '../commands.ts';
import { silentTerminal } from '../testing/scripted-terminal.ts';

let lines: string[] = [];
beforeEach(() => {
  lines = [];
  jest.spyOn(console, 'log').mockImplementation((text: unknown) => void lines.push(String(text)));
});
afterEach(() => void jest.restoreAllMocks());

const run = (...args: string[]) => createProgram(silentTerminal).parseAsync(['node', 'porchlight', ...args]);
/** What a shell is offered after these words; the last line is the directive. */
const offered = async (...words: string[]) => {
  await run('complete', '--', ...words);
  return lines.slice(0, -1).map((line) => line.split('\t')[0]);
};

test('commands are offered, those that are for shells only are not', async () => {
  const all = await offered('');
  expect(all).toEqual(expect.arrayContaining(['topics', 'groups', 'dlq', 'flags', 'completion']));
  expect(all).not.toContain('complete');
});

test('commands of a command, and of those the ones that begin as typed', async () => {
  expect(await offered('dlq', 're')).toEqual(['replay']);
});

test('options of the command that was typed', async () => {
  expect(await offered('topics', 'apply', '--gr')).toEqual(['--grow']);
});

test.each([
  [['groups', 'inv'], ['invalidator']],
  [['flags', 'set', 'cache.w'], ['cache.warmup']],
  [['topics', 'tail', 'map'], ['map.viewport-viewed']],
])('names that the code knows: %j', async (words, expected) => {
  expect(await offered(...words)).toEqual(expected);
});

test('what nobody can begin so is offered nothing', async () => {
  expect(await offered('no-such-command', 'x')).toEqual([]);
});

test.each(['bash', 'zsh', 'fish'])('the script for %s asks the hidden command', async (shell) => {
  await run('completion', shell);
  expect(lines.join('\n')).toContain('complete --');
});

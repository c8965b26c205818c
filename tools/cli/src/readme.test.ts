import { readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { describeCliErrors } from './cli-error.ts';
import { createProgram } from './commands.ts';
import { commandsOf, describeCommands } from './describe-commands.ts';
import { silentTerminal } from './testing/scripted-terminal.ts';

const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8');

test('the table of errors stands in the README as it is here', () => {
  expect(readme).toContain(describeCliErrors());
});

test('the table of commands stands in the README as the commands describe themselves', () => {
  expect(readme).toContain(describeCommands(createProgram(silentTerminal)));
});

test('every command has an example in its help', () => {
  const without = commandsOf(createProgram(silentTerminal)).filter(({ help }) => !help.includes('Example:'));
  expect(without.map(({ name }) => name)).toEqual([]);
});

test('every command but the one for shells prints JSON when asked', () => {
  const without = commandsOf(createProgram(silentTerminal)).filter(({ help }) => !/^ +--json /m.test(help));
  expect(without.map(({ name }) => name)).toEqual(['npx porchlight completion <shell>']);
});

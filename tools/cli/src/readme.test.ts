import { readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { describeCliErrors } from './cli-error.ts';
import { createProgram } from './commands.ts';

const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8');

test('the table of errors stands in the README as it is here', () => {
  expect(readme).toContain(describeCliErrors());
});

test('every command stands in the README', () => {
  const commands = createProgram(() => undefined).commands.flatMap((group) =>
    group.commands.map((command) => `npx porchlight ${group.name()} ${command.name()}`),
  );
  expect(commands).toHaveLength(5);
  expect(commands.filter((command) => !readme.includes(command))).toEqual([]);
});

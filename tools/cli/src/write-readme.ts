/** Prints the tables of commands and of errors into the README; a test compares them. */
import { readFileSync, writeFileSync } from 'node:fs';
import { describeCliErrors } from './cli-error.ts';
import { createProgram } from './commands.ts';
import { describeCommands } from './describe-commands.ts';
import { processTerminal } from './terminal/terminal.ts';

const file = new URL('../README.md', import.meta.url);
const tables = [describeCommands(createProgram(processTerminal())), describeCliErrors()];
const marks = /(<!-- prettier-ignore-start -->)[^]*?(<!-- prettier-ignore-end -->)/g;
let next = 0;
writeFileSync(
  file,
  readFileSync(file, 'utf8').replace(
    marks,
    (_, start: string, end: string) => `${start}\n\n${tables[next++]}\n\n${end}`,
  ),
);

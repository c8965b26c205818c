import { readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { describeConfig } from '@porchlight/service';
import { config } from './config.ts';

/** Cells without the spaces that align them. */
const rowsOf = (text: string): string[] =>
  text
    .split('\n')
    .filter((line) => line.startsWith('|') && !/^\|[\s|:-]+\|$/.test(line))
    .map((line) =>
      line
        .split('|')
        .map((cell) => cell.trim())
        .join('|'),
    );

test('the README has the table of variables that the config prints', () => {
  const readme = readFileSync(new URL('./README.md', import.meta.url), 'utf8');
  const printed = rowsOf(describeConfig(config));
  expect(rowsOf(readme).filter((row) => printed.includes(row))).toEqual(printed);
});

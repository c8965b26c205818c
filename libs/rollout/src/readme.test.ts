import { readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { describeFlags } from './describe-flags.ts';
import {
  FlagChangeRefused,
  FlagsAddressInvalid,
  FlagsChangedMeanwhile,
  FlagsRefused,
  FlagsUnavailable,
} from './errors.ts';

const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8');

/** Cells of the table rows of a text, whatever their alignment. */
const rowsOf = (text: string): string[] =>
  text.split('\n').flatMap((line) => (/^\|.*[a-z]/.test(line) ? [line.replace(/ +/g, ' ').trim()] : []));

test('the README shows the flags that the code has', () => {
  expect(rowsOf(readme)).toEqual(expect.arrayContaining(rowsOf(describeFlags())));
});

test('the README names each error with its fate', () => {
  const errors = [
    new FlagsUnavailable('x'),
    new FlagsRefused(['x']),
    new FlagChangeRefused('x'),
    new FlagsChangedMeanwhile(),
    new FlagsAddressInvalid(),
  ];
  const rows = rowsOf(readme);
  expect(errors.filter(({ code, fate }) => !rows.some((row) => row.startsWith(`| \`${code}\` | ${fate} |`)))).toEqual(
    [],
  );
});

/** Prints the table of errors into the README; a test compares the two. */
import { readFileSync, writeFileSync } from 'node:fs';
import { describeCliErrors } from './cli-error.ts';

const file = new URL('../README.md', import.meta.url);
const text = readFileSync(file, 'utf8');
const marks = /(<!-- prettier-ignore-start -->)[^]*(<!-- prettier-ignore-end -->)/;
writeFileSync(
  file,
  text.replace(marks, (_, start: string, end: string) => `${start}\n\n${describeCliErrors()}\n\n${end}`),
);

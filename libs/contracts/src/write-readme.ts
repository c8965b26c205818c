/** Prints the tables into the README; a test compares them. */
import { readFileSync, writeFileSync } from 'node:fs';
import { describeErrors } from './errors.ts';
import { describeTopics } from './describe-topics.ts';

const file = new URL('../README.md', import.meta.url);
const text = readFileSync(file, 'utf8');
const marks = /(<!-- prettier-ignore-start -->)[^]*(<!-- prettier-ignore-end -->)/;
const tables = `${describeTopics()}\n\n## Errors\n\n\`park\`: the record goes to the dead letters; \`retry\`: its partition waits; \`crash\`: a deploy step stops.\n\n${describeErrors()}`;
writeFileSync(
  file,
  text.replace(marks, (_, start: string, end: string) => `${start}\n\n${tables}\n\n${end}`),
);

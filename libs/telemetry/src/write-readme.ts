/** Prints the lists of names into the README; a test compares the two. */
import { readFileSync, writeFileSync } from 'node:fs';
import { describeMetrics } from './describe-metrics.ts';
import { describeSpans } from './tracing/describe-spans.ts';

const file = new URL('../README.md', import.meta.url);
const text = readFileSync(file, 'utf8');
const marks = /(<!-- prettier-ignore-start -->)[^]*?(<!-- prettier-ignore-end -->)/g;
const lists = [describeMetrics(), describeSpans()];
let list = 0;
writeFileSync(
  file,
  text.replace(marks, (_, start: string, end: string) => `${start}\n\n${lists[list++]}\n\n${end}`),
);

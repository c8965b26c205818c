import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { designTable } from './design-table.ts';

/** Far more than 35 small searches take on a busy machine. */
const SEARCH_MS_MAX = 240_000;

/** Prettier pads the cells of a table. */
const plainRows = (lines: readonly string[]): string[] =>
  lines
    .filter((line) => line.startsWith('|') && !line.includes('---'))
    .map((line) =>
      line
        .split('|')
        .map((cell) => cell.trim())
        .join('|'),
    );

test(
  'the table of designs against faults is what the searches say',
  () => {
    const page = readFileSync(join(import.meta.dirname, 'README.md'), 'utf8');
    const section = page.split('## Designs against faults')[1]?.split('\n## ')[0] ?? '';
    expect(plainRows(section.split('\n'))).toEqual(plainRows(designTable()));
  },
  SEARCH_MS_MAX,
);

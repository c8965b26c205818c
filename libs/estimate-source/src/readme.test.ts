import { readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { NOT_ASKED_CODES, SOURCE_ERROR_CODES } from './source-errors.ts';

const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8');
const rows = [...readme.matchAll(/^\| `(SOURCE_[A-Z_]+)`.*$/gm)];

test('the README names each error, and those after which upstream was not asked', () => {
  expect(rows.map(([, code]) => code)).toEqual([...SOURCE_ERROR_CODES]);
  expect(rows.filter(([row]) => row.includes('nothing was asked')).map(([, code]) => code)).toEqual([
    ...NOT_ASKED_CODES,
  ]);
});

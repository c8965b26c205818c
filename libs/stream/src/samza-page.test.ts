import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';

const page = new URL('../SAMZA.md', import.meta.url);
const text = readFileSync(page, 'utf8');

const LINK = /\[[^\]]*\]\(([^)#]+)(?:#[^)]*)?\)/g;
const QUOTED = /`([^`]+)`/g;
const NAME = /^[A-Za-z_]\w*$/;

interface Row {
  readonly names: readonly string[];
  readonly files: readonly string[];
}

/** What stands in the last two columns, `here` and `where`, of each row of the tables that have both. */
function rowsOf(markdown: string): Row[] {
  return markdown
    .split('\n')
    .filter((line) => line.startsWith('|'))
    .map((line) => line.split('|').slice(1, -1))
    .filter((cells) => cells.length >= 4 && !/^\s*-+\s*$/.test(cells[0] ?? ''))
    .map((cells) => cells.slice(-2))
    .map(([here = '', where = '']) => ({
      names: [...here.matchAll(QUOTED)].map(([, quoted = '']) => quoted),
      files: [...where.matchAll(LINK)].map(([, file = '']) => file),
    }));
}

function sourceOf(file: string): string | null {
  try {
    return readFileSync(new URL(file, page), 'utf8');
  } catch {
    return null;
  }
}

/** A name is there if the file exports it, or has it as a field or a variable of what it exports; other words must stand there as they are. */
function isIn(source: string, word: string): boolean {
  const name = word.replace(/\(\)$/, '');
  if (!NAME.test(name)) return source.includes(word);
  const exported = new RegExp(`^export (?:async )?(?:const|class|function|interface|type) ${name}\\b`, 'm');
  const field = new RegExp(`(?:^ +|\\breadonly )${name}[?]?[:(<]`, 'm');
  return exported.test(source) || field.test(source) || source.includes(`'${name}'`);
}

const missing = (rows: readonly Row[]): string[] =>
  rows.flatMap(({ names, files }) => {
    const sources = files.map(sourceOf);
    const gone = files.filter((_, at) => sources[at] === null);
    const unknown = names.filter((name) => !sources.some((source) => source !== null && isIn(source, name)));
    return [...gone.map((file) => `no file ${file}`), ...unknown.map((name) => `no ${name} in ${files.join(', ')}`)];
  });

test('every name that the page says is here stands in the files that it names', () => {
  const rows = rowsOf(text);
  expect(rows.filter(({ files }) => files.length > 0).length).toBeGreaterThan(25);
  expect(missing(rows)).toEqual([]);
});

test('every file that the page links to is there', () => {
  const files = [...text.matchAll(LINK)].map(([, file = '']) => file);
  expect(files.filter((file) => sourceOf(file) === null)).toEqual([]);
});

test('a feature without a file is said to be absent, and none that has one', () => {
  const features = text.split('\n').filter((line) => line.startsWith('|') && line.split('|').length === 7);
  const claims = features.slice(2).map((line) => line.split('|').slice(1, -1));
  const wrong = claims.filter(([, , , here = '', where = '']) => /^\s*absent/.test(here) && where.includes(']('));
  const silent = claims.filter(([, , , here = '', where = '']) => !/^\s*absent/.test(here) && !where.includes(']('));
  expect([...wrong, ...silent]).toEqual([]);
});

describe('a page that is no longer true would be found', () => {
  const row = (here: string, file: string): Row[] => rowsOf(`| a | b | c | ${here} | [x](${file}) |`);
  test.each([
    ['a name that is gone', '`createTasks`', 'src/port.ts', ['no createTasks in src/port.ts']],
    ['a name of another file', '`Watermark`', 'src/port.ts', ['no Watermark in src/port.ts']],
    ['a file that is gone', 'x', 'src/ports.ts', ['no file src/ports.ts']],
    [
      'a command that is gone',
      '`npx porchlight reset`',
      '../../tools/cli/README.md',
      ['no npx porchlight reset in ../../tools/cli/README.md'],
    ],
  ])('%s', (_what, here, file, problems) => {
    expect(missing(row(here, file))).toEqual(problems);
  });
});

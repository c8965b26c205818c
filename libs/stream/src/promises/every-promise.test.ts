import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';

const here = import.meta.dirname;
const library = join(here, '../..');
const read = (path: string): string => readFileSync(path, 'utf8');

/** A test file of a promise: its name, and what it says. */
interface TestFile {
  readonly name: string;
  readonly text: string;
}

interface Guard {
  readonly guards: string;
  readonly killedBy: readonly string[];
}

/** @returns what is missing of each promise, one sentence each */
function missing(promises: readonly number[], files: readonly TestFile[], mutants: readonly Guard[]): string[] {
  return promises.flatMap((promise) => {
    const own = files.filter(({ name }) => name.startsWith(`promise-${promise}-`));
    // By describePromise a test runs in memory and, through promises.int.test.ts, on a real broker.
    const onBothLogs = own.some(({ text }) => /^describePromise\(\s*['"](\d+): /m.exec(text)?.[1] === String(promise));
    const guards = mutants.filter((mutant) => mutant.guards.startsWith(`${promise}: `));
    const byOwn = guards.filter(({ killedBy }) => killedBy.some((path) => own.some(({ name }) => path.endsWith(name))));
    return [
      ...(own.length === 0 ? [`${promise} has no test file`] : []),
      ...(onBothLogs ? [] : [`${promise} has no test that runs on both logs`]),
      ...(byOwn.length === 0 ? [`${promise} has no line that its own tests were seen to miss`] : []),
    ];
  });
}

const promises = [...read(join(library, 'README.md')).matchAll(/^(\d+)\. \*\*/gm)].map(([, number]) => Number(number));
const files = readdirSync(here)
  .filter((name) => /^promise-\d+-.*\.test\.ts$/.test(name))
  .map((name) => ({ name, text: read(join(here, name)) }));

test('the README numbers the promises, and no file is of another', () => {
  expect(promises).toEqual(Array.from({ length: 12 }, (_, index) => index + 1));
  expect(files.filter(({ name }) => !promises.includes(Number(name.split('-')[1])))).toEqual([]);
});

test('every promise has a file of its own, runs on both logs, and has lines whose loss its tests notice', () => {
  expect(missing(promises, files, JSON.parse(read(join(library, 'mutants.json'))) as Guard[])).toEqual([]);
});

test('a promise that lacks one of these is named', () => {
  const both = { name: 'promise-1-a.test.ts', text: "describePromise('1: a', (bed) => {" };
  const inMemory = { name: 'promise-2-b.test.ts', text: "describeInMemory('2: b', () => {" };
  const ofAnother = { name: 'promise-12-c.test.ts', text: "describePromise('12: c', (bed) => {" };
  const mutants = [
    { guards: '1: a', killedBy: ['src/promises/promise-1-a.test.ts'] },
    { guards: '2: b', killedBy: ['src/b.test.ts'] },
  ];
  expect(missing([1, 2, 3], [both, inMemory, ofAnother], mutants)).toEqual([
    '2 has no test that runs on both logs',
    '2 has no line that its own tests were seen to miss',
    '3 has no test file',
    '3 has no test that runs on both logs',
    '3 has no line that its own tests were seen to miss',
  ]);
});

import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { repositoryFolder } from '@porchlight/stack';
import { mutate } from './mutant.ts';
import { readMutants } from './read-mutants.ts';

const entries = readMutants(repositoryFolder).flatMap(({ folder, mutants }) =>
  mutants.map((mutant) => ({ ...mutant, folder })),
);

test('every kept mutant fits the code as it is, and changes it', () => {
  const wrong = entries.flatMap(({ folder, guards, ...mutant }) => {
    const source = readFileSync(join(repositoryFolder, folder, mutant.file), 'utf8');
    try {
      return mutate(source, mutant) === source ? [`${guards}: changes nothing`] : [];
    } catch (error) {
      return [`${guards}: ${(error as Error).message}`];
    }
  });
  expect(wrong).toEqual([]);
});

test('every test that must notice one is there', () => {
  const named = entries.flatMap(({ folder, killedBy }) => killedBy.map((test) => join(folder, test)));
  expect(named.filter((path) => !existsSync(join(repositoryFolder, path)))).toEqual([]);
});

test('no two of a folder have one name', () => {
  const names = entries.map(({ folder, guards }) => `${folder}: ${guards}`);
  expect(names.filter((name, index) => names.indexOf(name) !== index)).toEqual([]);
});

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { lockProblems, type LockedPackage } from './locked-packages.ts';
import { repository } from './repository.ts';

const { packages } = JSON.parse(readFileSync(join(repository, 'package-lock.json'), 'utf8')) as {
  packages: Record<string, LockedPackage>;
};
const sound: LockedPackage = { version: '1.0.0', license: 'MIT', integrity: 'sha512-abc' };
const told = (change: LockedPackage): string[] => lockProblems({ 'node_modules/lamp': { ...sound, ...change } });

test('every package that is installed is free to use, whole, and from no fixed address', () => {
  expect(lockProblems(packages)).toEqual([]);
  expect(Object.keys(packages).length).toBeGreaterThan(500);
});

test.each<[string, LockedPackage, string]>([
  ['whose licence binds its users', { license: 'GPL-3.0-only' }, 'the licence GPL-3.0-only is not allowed'],
  ['half of whose licence does', { license: '(MIT AND AGPL-3.0-or-later)' }, 'is not allowed'],
  ['whose licence no list knows', { license: 'SEE LICENSE IN terms.txt' }, 'is not allowed'],
  ['whose bytes are not fixed', { integrity: '' }, 'no sha512 integrity'],
  ['whose bytes are fixed weakly', { integrity: 'sha1-abc' }, 'no sha512 integrity'],
  ['that comes from an address', { resolved: 'https://example.org/lamp.tgz' }, 'locked to an address'],
])('a package %s is refused', (_which, change, problem) => {
  expect(told(change)).toEqual([expect.stringContaining(problem)]);
});

test('a package that names no licence is refused until somebody has read it', () => {
  const { license: _none, ...unnamed } = sound;
  expect(lockProblems({ 'node_modules/lamp': unnamed })).toEqual([expect.stringContaining('no licence is named')]);
});

test('one of several licences is enough, and what is ours is not judged', () => {
  expect(told({ license: '(MIT OR GPL-3.0-only)' })).toEqual([]);
  expect(lockProblems({ 'apps/estimate-api': {}, 'node_modules/@porchlight/clock': { link: true } })).toEqual([]);
});

import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { repository } from './repository.ts';

interface Manifest {
  readonly name: string;
  readonly dependencies?: Record<string, string>;
  readonly devDependencies?: Record<string, string>;
  readonly nx?: { readonly tags?: string[] };
}

const table = new URL('../../eslint/boundaries.mjs', import.meta.url);
const { allowed } = (await import(table.href)) as { allowed: Record<string, string[]> };

/** Files that git tracks or would track, so that what is ignored does not count. */
const files = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard'], {
  cwd: repository,
  encoding: 'utf8',
})
  .split('\n')
  .filter((file) => file !== '' && existsSync(join(repository, file)));
const read = (file: string): string => readFileSync(join(repository, file), 'utf8');
const manifests = files.filter((file) => /^(apps|libs|tools)\/[^/]+\/package\.json$/.test(file));
const manifest = (file: string): Manifest => JSON.parse(read(file)) as Manifest;

const TOP = [
  'apps',
  'libs',
  'tools',
  'deploy',
  'nx.json',
  'package.json',
  'package-lock.json',
  'tsconfig.base.json',
  'README.md',
  'LICENSE',
];

/** The package that an import names, without the path inside it. */
const IMPORT =
  /^(?:(?:import|export)\b[^'";]*? from |import |.*(?:\bimport|\brequire|(?<!Promise)\.resolve|import\.meta\.url\))\()'(?!node:)((?:@[a-z0-9.-]+\/)?[a-z][a-z0-9.-]*)(?:\/[^']*)?'/gm;
/** Declared once, at the top. */
const FOR_EVERY_TEST = ['@jest/globals', 'fast-check', 'eventsource-parser'];

describe('layout', () => {
  test('only the agreed names stand at the top', () => {
    const top = new Set(files.map((file) => file.split('/')[0] ?? ''));
    expect([...top].filter((name) => !name.startsWith('.') && !TOP.includes(name))).toEqual([]);
  });

  test('no file has a name that says nothing', () => {
    const vague = /^(utils?|common|helpers?|types|managers?)\.[a-z]+$/;
    expect(files.filter((file) => vague.test(basename(file)))).toEqual([]);
  });

  test('every project has a README', () => {
    expect(
      manifests.map((file) => file.replace('package.json', 'README.md')).filter((file) => !files.includes(file)),
    ).toEqual([]);
  });

  test('every project names itself by its folder and has a row in the table of boundaries', () => {
    const wrong = manifests.filter((file) => {
      const [, folder = ''] = file.split('/');
      const { name, nx } = manifest(file);
      return name !== `@porchlight/${folder}` || !nx?.tags?.includes(`name:${folder}`) || !(folder in allowed);
    });
    expect(wrong).toEqual([]);
  });

  test('no row in the table of boundaries names a project that is gone', () => {
    const folders = new Set(manifests.map((file) => file.split('/')[1]));
    const named = Object.entries(allowed).flatMap(([name, below]) => [name, ...below]);
    expect(named.filter((name) => !folders.has(name))).toEqual([]);
  });

  test('every project declares the projects that it imports, and only those that it may', () => {
    const wrong = manifests.flatMap((file) => {
      const folder = file.split('/')[1] ?? '';
      const declared = Object.keys(manifest(file).dependencies ?? {}).filter((name) => name.startsWith('@porchlight/'));
      return declared
        .map((name) => name.slice('@porchlight/'.length))
        .filter((name) => !allowed[folder]?.includes(name))
        .map((name) => `${folder} -> ${name}`);
    });
    expect(wrong).toEqual([]);
  });

  test('every project declares the packages that its sources import, and no others', () => {
    const wrong = manifests.flatMap((file) => {
      const folder = file.replace('/package.json', '');
      const { name, dependencies = {} } = manifest(file);
      const sources = files.filter((each) => each.startsWith(`${folder}/`) && /\.(ts|mjs)$/.test(each)).map(read);
      const imported = new Set(sources.flatMap((source) => [...source.matchAll(IMPORT)].map(([, from = '']) => from)));
      const ours = [...imported].filter((from) => from !== name && !FOR_EVERY_TEST.includes(from));
      const missing = ours.filter((from) => !(from in dependencies)).map((from) => `${folder} lacks ${from}`);
      const unused = Object.keys(dependencies)
        .filter((each) => !imported.has(each))
        .map((each) => `${folder} does not use ${each}`);
      return [...missing, ...unused];
    });
    expect(wrong).toEqual([]);
  });

  test('nx and all its plugins have one exact version', () => {
    const { devDependencies = {} } = manifest('package.json');
    const versions = Object.entries(devDependencies).filter(([name]) => name === 'nx' || name.startsWith('@nx/'));
    expect(new Set(versions.map(([, version]) => version))).toEqual(new Set(['23.2.1']));
  });

  test('every version that a project asks for is exact', () => {
    const loose = ['package.json', ...manifests].flatMap((file) => {
      const { dependencies = {}, devDependencies = {} } = manifest(file);
      return Object.entries({ ...dependencies, ...devDependencies })
        .filter(
          ([name, version]) =>
            !name.startsWith('@porchlight/') && !/^(npm:[^@]+@)?\d+\.\d+\.\d+(-[\w.]+)?$/.test(version),
        )
        .map(([name, version]) => `${file}: ${name}@${version}`);
    });
    expect(loose).toEqual([]);
  });

  test('no topic is spelled outside contracts', () => {
    const spelled =
      /['"](map\.viewport-viewed|warmup\.(candidates|requests|estimates)|visibility\.(mls-rule|seller-override)-changed|listing\.status-changed|estimate\.updated)['"]/;
    const sources = files.filter(
      (file) =>
        /^(apps|libs|tools)\/.*\.ts$/.test(file) &&
        !file.startsWith('libs/contracts/') &&
        !/(\.test\.ts$|\/testing\/)/.test(file),
    );
    expect(sources.filter((file) => spelled.test(read(file)))).toEqual([]);
  });

  test('the lock file names no registry', () => {
    expect(read('package-lock.json').match(/https?:\/\/[^"]*\.tgz/g) ?? []).toEqual([]);
  });
});

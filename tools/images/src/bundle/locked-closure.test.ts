import { describe, expect, test } from '@jest/globals';
import { ImageError } from '../image-error.ts';
import { nameAt, placeOf, placeOfFile, type LockFile } from './lock-file.ts';
import { installFilesOf } from './locked-closure.ts';

const integrity = `sha512-${'A'.repeat(86)}==`;

const lock: LockFile = {
  packages: {
    '': {},
    'libs/stream': { version: '0.1.0', dependencies: { driver: '1.0.0' } },
    'libs/stream/node_modules/driver': {
      version: '1.0.0',
      integrity,
      dependencies: { shared: '^2.0.0' },
    },
    'node_modules/@porchlight/stream': { link: true, resolved: 'libs/stream' },
    'node_modules/addon': {
      version: '3.0.0',
      integrity,
      dev: true,
      dependencies: { shared: '^1.0.0' },
      optionalDependencies: { 'addon-linux': '3.0.0', 'addon-elsewhere': '3.0.0' },
    },
    'node_modules/addon-linux': { version: '3.0.0', integrity, optional: true, dependencies: { leaf: '1.0.0' } },
    'node_modules/addon/node_modules/shared': { version: '1.4.0', integrity },
    'node_modules/leaf': { version: '1.0.0', integrity },
    'node_modules/shared': { version: '2.1.0', integrity },
  },
};

const codeOf = (work: () => unknown): string => {
  try {
    work();
  } catch (error) {
    if (error instanceof ImageError) return error.code;
  }
  return 'nothing was refused';
};

describe('a place in the lock file', () => {
  test('is found from the inside out, as Node finds it', () => {
    expect(placeOf(lock, 'shared', 'node_modules/addon')).toBe('node_modules/addon/node_modules/shared');
    expect(placeOf(lock, 'shared', 'libs/stream/node_modules/driver')).toBe('node_modules/shared');
    expect(placeOf(lock, 'driver', 'libs/stream')).toBe('libs/stream/node_modules/driver');
    expect(placeOf(lock, 'driver', 'node_modules/addon')).toBeUndefined();
  });

  test('of a workspace is its folder, not the link', () => {
    expect(placeOf(lock, '@porchlight/stream', 'node_modules/addon')).toBe('libs/stream');
  });

  test('is told of a file, and one that belongs to nothing is refused', () => {
    expect(placeOfFile(lock, 'libs/stream/src/port.ts')).toBe('libs/stream');
    expect(placeOfFile(lock, 'node_modules/addon/node_modules/shared/a/b.js')).toBe(
      'node_modules/addon/node_modules/shared',
    );
    expect(nameAt(lock, 'node_modules/addon/node_modules/shared')).toBe('shared');
    expect(codeOf(() => placeOfFile(lock, 'libs/unknown/src/a.ts'))).toBe('LOCK_LACKS');
  });
});

describe('what an image installs', () => {
  test('is what was asked for with all that it needs, at our versions, and nothing of the repository', () => {
    const files = installFilesOf(lock, [{ name: 'addon', from: 'libs/stream' }], 'demo');
    expect(files.manifest).toMatchObject({ name: 'porchlight-demo', dependencies: { addon: '3.0.0' } });
    expect(files.lock['packages']).toEqual({
      '': { name: 'porchlight-demo', version: '0.1.0', license: 'Apache-2.0', dependencies: { addon: '3.0.0' } },
      'node_modules/addon': {
        version: '3.0.0',
        integrity,
        dependencies: { shared: '^1.0.0' },
        optionalDependencies: { 'addon-linux': '3.0.0' },
      },
      'node_modules/addon-linux': { version: '3.0.0', integrity, optional: true, dependencies: { leaf: '1.0.0' } },
      'node_modules/addon/node_modules/shared': { version: '1.4.0', integrity },
      'node_modules/leaf': { version: '1.0.0', integrity, optional: true },
    });
  });

  test('stands at the top also where a workspace has it for itself', () => {
    const files = installFilesOf(lock, [{ name: 'driver', from: 'libs/stream' }], 'demo');
    expect(Object.keys(files.lock['packages'] as object)).toEqual(['', 'node_modules/driver', 'node_modules/shared']);
    expect(files.places).toEqual(['libs/stream/node_modules/driver', 'node_modules/shared']);
  });

  test('what is reached by an optional way and by a needed one is needed', () => {
    const wanted = ['addon', 'leaf'].map((name) => ({ name, from: '' }));
    const packages = installFilesOf(lock, wanted, 'demo').lock['packages'] as Record<string, unknown>;
    expect(packages['node_modules/leaf']).toEqual({ version: '1.0.0', integrity });
  });

  test('is refused where the lock file lacks it', () => {
    expect(codeOf(() => installFilesOf(lock, [{ name: 'nobody', from: '' }], 'demo'))).toBe('LOCK_LACKS');
  });

  test.each([
    ['a range instead of a version', { version: '^1.0.0', integrity }],
    ['no version', { integrity }],
    ['no checksum', { version: '1.0.0' }],
    ['a checksum that is too short to be one', { version: '1.0.0', integrity: 'sha512-AAAA' }],
  ])('is refused with %s', (_what, leaf) => {
    const loose: LockFile = { packages: { ...lock.packages, 'node_modules/leaf': leaf } };
    expect(codeOf(() => installFilesOf(loose, [{ name: 'leaf', from: '' }], 'demo'))).toBe('NOT_PINNED');
  });

  test('is refused where two versions would come to one place', () => {
    const two: LockFile = {
      packages: { ...lock.packages, 'node_modules/driver': { version: '9.0.0', integrity } },
    };
    const wanted = [
      { name: 'driver', from: 'libs/stream' },
      { name: 'driver', from: '' },
    ];
    expect(codeOf(() => installFilesOf(two, wanted, 'demo'))).toBe('LOCK_CONFLICT');
  });
});

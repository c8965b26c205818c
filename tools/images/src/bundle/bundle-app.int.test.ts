import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { chosenApps, imageApps, repository } from '../image-apps.ts';
import { bundleApp, type Bundle } from './bundle-app.ts';
import { checkParts } from './check-parts.ts';

/** Six seconds alone; minutes on a machine that others keep busy. */
const START_MS = 10 * 60_000;
const EXIT_CONFIG = 78;
/** A bundle above this has swallowed something that it should not; they are 4 to 10 MB. */
const BUNDLE_BYTES_MAX = 20_000_000;

interface Ended {
  readonly code: number;
  readonly said: string;
}

/** Runs a bundle with an empty environment until it ends. */
const run = ({ folder }: Bundle, ...args: string[]): Promise<Ended> =>
  new Promise((resolve) => {
    const options = { env: {}, timeout: START_MS };
    execFile(process.execPath, [join(folder, 'main.js'), ...args], options, (error, out, err) =>
      resolve({ code: typeof error?.code === 'number' ? error.code : error ? -1 : 0, said: `${out}${err}` }),
    );
  });

const names = imageApps().map(({ name }) => name);
const appNames = imageApps()
  .filter(({ kind }) => kind === 'app')
  .map(({ name }) => name);

describe('bundles', () => {
  const bundles = new Map<string, Bundle>();
  let folder = '';

  beforeAll(async () => {
    // In the repository: what stays outside a bundle is found by walking up.
    await mkdir(join(repository, '.porchlight'), { recursive: true });
    folder = await mkdtemp(join(repository, '.porchlight', 'bundles-of-test-'));
    for (const app of imageApps()) bundles.set(app.name, await bundleApp(app, { root: repository, folder }));
  }, START_MS);

  afterAll(() => rm(folder, { recursive: true, force: true, maxRetries: 5 }), START_MS);

  const bundleOf = (name: string): Bundle => bundles.get(name) as Bundle;
  const partsOf = async (name: string): Promise<string> =>
    readFile(join(bundleOf(name).folder, 'parts.cdx.json'), 'utf8');

  test('there is one for every app, for the simulator and for the command line', () => {
    expect(names).toEqual(expect.arrayContaining(['estimate-api', 'forecaster', 'upstream-simulator', 'cli']));
    expect([...bundles.keys()]).toEqual(names);
  });

  test.each(appNames)(
    '%s without an environment ends with the code of a wrong config and names what is missing',
    async (name) => {
      const { code, said } = await run(bundleOf(name));
      expect(said).toMatch(new RegExp(`^${name}: the configuration does not fit:\\n  [A-Z_]+ is missing`));
      expect(code).toBe(EXIT_CONFIG);
    },
    START_MS,
  );

  test(
    'the command line prints its help',
    async () => {
      const { code, said } = await run(bundleOf('cli'), '--help');
      expect({ code, first: said.split('\n')[0] }).toEqual({ code: 0, first: 'Usage: porchlight [options] [command]' });
    },
    START_MS,
  );

  test('the migrations move with the command line', async () => {
    const text = await readFile(join(bundleOf('cli').folder, 'main.js'), 'utf8');
    const [, carried = ''] = /new URL\(['"]\.\/(carried\/[^'"]*migrations)['"]/.exec(text) ?? [];
    const there = await readdir(join(bundleOf('cli').folder, carried));
    expect(there.sort()).toEqual((await readdir(join(repository, 'libs', 'property-catalog', 'migrations'))).sort());
  });

  test.each(names)('%s is as small as it should be', (name) => {
    expect(bundleOf(name).bytes).toBeLessThan(BUNDLE_BYTES_MAX);
  });

  test.each(names)('the list of parts of %s is CycloneDX 1.6', async (name) => {
    expect(await checkParts(await partsOf(name))).toBeUndefined();
  });

  test('a list of parts names what is in the bundle, what is beside it, and our own libs', async () => {
    const { components } = JSON.parse(await partsOf('estimate-api')) as {
      components: { purl: string; hashes?: unknown[]; licenses?: unknown[] }[];
    };
    const byPurl = new Map(components.map((component) => [component.purl.replace(/@[^@]*$/, ''), component]));
    for (const purl of ['pkg:npm/fastify', 'pkg:npm/kafkajs', 'pkg:npm/%40fastify/swagger-ui', 'pkg:npm/lmdb'])
      expect([purl, byPurl.get(purl)?.hashes?.length, byPurl.get(purl)?.licenses?.length]).toEqual([purl, 1, 1]);
    expect(byPurl.has('pkg:npm/%40porchlight/estimate-cache')).toBe(true);
    expect([...byPurl.keys()].filter((purl) => /jest|eslint|typescript|esbuild/.test(purl))).toEqual([]);
  });

  test(
    'the same sources have the same list of parts, to the byte',
    async () => {
      const before = await partsOf('upstream-simulator');
      const [app] = chosenApps('upstream-simulator');
      const again = await bundleApp(app!, { root: repository, folder: join(folder, 'again') });
      expect(await readFile(join(again.folder, 'parts.cdx.json'), 'utf8')).toBe(before);
    },
    START_MS,
  );
});

describe('what is refused', () => {
  test('an app that there is not, with the list of those that there are', () => {
    expect(() => chosenApps('estimate-apy')).toThrow(
      /there is no app estimate-apy; there are .*estimate-api.*, and all/,
    );
  });

  test.each([
    ['a list without its format', { specVersion: '1.6', version: 1 }, /bomFormat/],
    [
      'a licence id that SPDX does not know',
      {
        bomFormat: 'CycloneDX',
        specVersion: '1.6',
        components: [{ type: 'library', name: 'a', licenses: [{ license: { id: 'Apache-7' } }] }],
      },
      /licenses/,
    ],
  ])('%s', async (_what, list, problem) => {
    expect(await checkParts(JSON.stringify(list))).toMatch(problem);
  });
});

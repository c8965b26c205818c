import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { buildApps, findBuild, type BuildOptions } from './build-apps.ts';

const manifest = (name: string, exports?: Record<string, string>) =>
  JSON.stringify({ name: `@porchlight/${name}`, version: '0.1.0', type: 'module', exports });

/** An app on a lib of ours, which reads a file beside it and a package of somebody else. */
const repository = {
  'apps/lamp/package.json': manifest('lamp'),
  'apps/lamp/main.ts': `import { lit } from '@porchlight/light';\nconst state: string = lit;\nconsole.log(state);\n`,
  'apps/lamp/main.test.ts': `throw new Error('a test is not built');\n`,
  'libs/light/package.json': manifest('light', { '.': './src/index.ts' }),
  'libs/light/src/index.ts': `export { lit } from './lit.ts';\n`,
  'libs/light/src/lit.ts': [
    `import { readFileSync } from 'node:fs';`,
    `import volt from 'volt';`,
    `interface Lamp { readonly lit: string }`,
    `const text: string = readFileSync(new URL('../lamp.txt', import.meta.url), 'utf8');`,
    `export const { lit }: Lamp = { lit: text + volt + (new Error().stack ?? '').split('\\n')[1] };`,
  ].join('\n'),
  'libs/light/lamp.txt': 'lit ',
  'tools/upstream-simulator/package.json': manifest('upstream-simulator'),
  'node_modules/volt/package.json': JSON.stringify({ name: 'volt', main: 'index.js' }),
  'node_modules/volt/index.js': `module.exports = '230 V';\n`,
};

let options: BuildOptions;
const write = async (path: string, content: string) => {
  const file = join(options.root, path);
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, content);
};
beforeEach(async () => {
  const root = await mkdtemp(join(tmpdir(), 'porchlight-build-'));
  options = { root, folder: join(root, '.porchlight', 'build') };
  for (const [path, content] of Object.entries(repository)) await write(path, content);
});
afterEach(async () => {
  await rm(options.root, { recursive: true });
});

/** What the app prints, and whether Node had to strip anything. */
async function outputOf(build: string): Promise<string> {
  const run = promisify(execFile)(process.execPath, ['--no-strip-types', join(build, 'apps', 'lamp', 'main.js')]);
  return (await run).stdout.trim();
}

test('a built app finds its libs, its files and its packages, and names places as they are in the source', async () => {
  const build = await buildApps(options);
  const place = join(build, 'libs', 'light', 'src', 'lit.js');
  expect(await outputOf(build)).toBe(`lit 230 V    at file://${place}:5:52`);
  expect(await readdir(join(build, 'apps', 'lamp'))).toEqual(['main.js', 'package.json']);
});

test('the same sources are built once, and others apart from them', async () => {
  const missing = await findBuild(options);
  const first = await buildApps(options);
  expect([missing, await findBuild(options), await buildApps(options)]).toEqual([
    { folder: first, isThere: false },
    { folder: first, isThere: true },
    first,
  ]);
  await write('libs/light/lamp.txt', 'dark ');
  const second = await buildApps(options);
  expect([second === first, await outputOf(first), await outputOf(second)]).toEqual([
    false,
    expect.stringMatching(/^lit 230 V/),
    expect.stringMatching(/^dark 230 V/),
  ]);
});

test('two builds at once end in one', async () => {
  const [one, other] = await Promise.all([buildApps(options), buildApps(options)]);
  expect([one, await readdir(options.folder)]).toEqual([other, [one.slice(options.folder.length + 1)]]);
});

test('a source that cannot be stripped is named, and nothing half built is left', async () => {
  await write('libs/light/src/colour.ts', 'export enum Colour { red }\n');
  await expect(buildApps(options)).rejects.toThrow(/^libs\/light\/src\/colour\.ts: .*enum/);
  expect(await readdir(options.folder)).toEqual([]);
});

test('old builds go', async () => {
  const builds: string[] = [];
  for (let round = 0; round < 7; round += 1) {
    await write('libs/light/lamp.txt', `round ${round} `);
    builds.push(await buildApps(options));
  }
  const left = (await readdir(options.folder)).map((name) => join(options.folder, name));
  expect([left.length, left.includes(builds.at(-1) ?? '')]).toEqual([5, true]);
});

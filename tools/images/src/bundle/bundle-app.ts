import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { copyFile, cp, mkdir, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { isBuiltin } from 'node:module';
import { join, relative, sep } from 'node:path';
import { build, type Metafile } from 'esbuild';
import { ImageError } from '../image-error.ts';
import type { ImageApp } from '../image-apps.ts';
import { carryFiles } from './carried-files.ts';
import { externalPatterns, leftOutside } from './left-outside.ts';
import { placeOfFile, type LockFile } from './lock-file.ts';
import { installFilesOf, type InstallFiles, type Wanted } from './locked-closure.ts';
import { checkParts } from './check-parts.ts';
import { partsOf } from './parts-list.ts';

export interface BundleOptions {
  /** The repository. */
  readonly root: string;
  /** A folder in it for all bundles; each app has one of its name there, made anew. */
  readonly folder: string;
  /** Puts the packages that stay outside beside the bundle, as they are installed in the repository: for images. */
  readonly withPackages?: boolean;
}

export interface Bundle {
  readonly app: string;
  readonly folder: string;
  /** All files of the folder. */
  readonly bytes: number;
  /** Installed beside it by the image. */
  readonly outside: readonly string[];
  /** Of the list of parts. */
  readonly parts: number;
}

/** What packages written for `require` expect to find in a module. */
const BANNER = [
  "import { createRequire as createRequireOfBundle } from 'node:module';",
  'const require = createRequireOfBundle(import.meta.url);',
].join('\n');

/** Of the Node that the images run. */
const TARGET = 'node24';

const packageOf = (specifier: string): string =>
  specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/');

async function bundled({ root, folder }: BundleOptions, app: ImageApp, outFolder: string): Promise<Metafile> {
  try {
    const { metafile } = await build({
      absWorkingDir: root,
      entryPoints: { main: app.script },
      outdir: outFolder,
      entryNames: '[name]',
      // Beside main.js: what a chunk finds by its own address is found from the same folder.
      chunkNames: '[name]-[hash]',
      bundle: true,
      platform: 'node',
      format: 'esm',
      target: TARGET,
      // What a source imports only when it needs it stays apart: ten megabytes of migrations are no part of a start.
      splitting: true,
      // Names are told apart at run time: an error's class goes into the log.
      keepNames: true,
      minifySyntax: true,
      minifyWhitespace: true,
      legalComments: 'none',
      sourcemap: 'linked',
      sourcesContent: false,
      external: externalPatterns,
      banner: { js: BANNER },
      plugins: [carryFiles({ root, outFolder })],
      metafile: true,
      logLevel: 'silent',
    });
    return metafile;
  } catch (cause) {
    throw new ImageError('BUNDLE_FAILED', `${app.name} cannot be bundled into ${folder}: ${String(cause)}`, { cause });
  }
}

/** The packages that the bundle asks for when it runs, with who asks. */
function wantedBy(metafile: Metafile, lock: LockFile): Wanted[] {
  const asked = Object.entries(metafile.inputs).flatMap(([file, { imports }]) =>
    imports
      .filter(({ external, path }) => external === true && !isBuiltin(path) && packageOf(path) in leftOutside)
      .map(({ path }) => ({ name: packageOf(path), from: placeOfFile(lock, file) })),
  );
  const known = new Map(asked.map((each) => [`${each.name} ${each.from}`, each]));
  return [...known.values()];
}

/** What `npm ci` has installed here by the same lock file, with nothing that it brought for others. */
async function copyPackages({ root }: BundleOptions, outFolder: string, { targets }: InstallFiles): Promise<void> {
  for (const { place, target, optional } of targets) {
    const from = join(root, place);
    if (optional && !existsSync(from)) continue;
    // What a package has for itself is a place of its own.
    const filter = (path: string): boolean => !relative(from, path).split(sep).includes('node_modules');
    await cp(from, join(outFolder, target), { recursive: true, filter });
  }
}

/** Of everything below a folder. */
async function bytesBelow(folder: string): Promise<number> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile());
  const sizes = await Promise.all(files.map(async (file) => (await stat(join(file.parentPath, file.name))).size));
  return sizes.reduce((sum, size) => sum + size, 0);
}

const writeJson = (file: string, value: unknown): Promise<void> =>
  writeFile(file, `${JSON.stringify(value, null, 2)}\n`);

/**
 * One app as an image needs it: `main.js` and its chunks, the files that it reads beside itself, `package.json` and
 * `package-lock.json` for the packages that stay outside, `health.js`, and the list of all parts (CycloneDX 1.6).
 *
 * @throws {ImageError} BUNDLE_FAILED, LOCK_LACKS, LOCK_CONFLICT, PARTS_INVALID
 */
export async function bundleApp(app: ImageApp, options: BundleOptions): Promise<Bundle> {
  const outFolder = join(options.folder, app.name);
  await rm(outFolder, { recursive: true, force: true });
  await mkdir(outFolder, { recursive: true });
  const lockText = await readFile(join(options.root, 'package-lock.json'), 'utf8');
  const lock = JSON.parse(lockText) as LockFile;
  const metafile = await bundled(options, app, outFolder);
  const wanted = wantedBy(metafile, lock);
  const install = installFilesOf(lock, wanted, app.name);
  await writeJson(join(outFolder, 'package.json'), install.manifest);
  await writeJson(join(outFolder, 'package-lock.json'), install.lock);
  if (options.withPackages) await copyPackages(options, outFolder, install);
  if (app.kind === 'app') await copyFile(new URL('../health.mjs', import.meta.url), join(outFolder, 'health.js'));
  const digest = createHash('sha256').update(`${lockText}\0${app.name}`).digest('hex');
  const parts = partsOf({ app: app.name, lock, metafile, outside: install.places, digest });
  const problems = await checkParts(parts);
  if (problems !== undefined)
    throw new ImageError('PARTS_INVALID', `the list of parts of ${app.name} is no CycloneDX 1.6: ${problems}`);
  await writeFile(join(outFolder, 'parts.cdx.json'), `${parts}\n`);
  return {
    app: app.name,
    folder: outFolder,
    bytes: await bytesBelow(outFolder),
    outside: [...new Set(wanted.map(({ name }) => name))].sort(),
    parts: (JSON.parse(parts) as { components: unknown[] }).components.length,
  };
}

/** Whether an app has been bundled there. */
export const isBundled = (folder: string, app: string): boolean => existsSync(join(folder, app, 'main.js'));

import { createHash, randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, rename, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { basename, dirname, join, relative } from 'node:path';
import { strippedManifest, strippedSource } from './stripped-source.ts';

/** Every project that a member of the fleet is made of: folders of projects, and single ones. */
const PROJECT_FOLDERS = ['apps', 'libs'];
const PROJECTS = ['tools/upstream-simulator'];

/** Not needed to run: tests, documents, what checks types, and packages. */
const LEFT_OUT = /\.test\.ts$|\.md$|^tsconfig.*\.json$|^node_modules$/;

/** Raised when the same sources shall give another build. */
const FORMAT = 1;

/** Newer builds than this many are kept: what runs from an older one has been loaded long ago. */
const KEPT_MAX = 5;

export interface BuildOptions {
  /** The repository. */
  readonly root: string;
  /** Where builds are kept, below `root`: packages are found by walking up. */
  readonly folder: string;
}

interface Source {
  /** From the top of the repository. */
  readonly path: string;
  readonly content: Buffer;
}

async function projectsOf(root: string): Promise<string[]> {
  const found = await Promise.all(
    PROJECT_FOLDERS.map(async (folder) => (await readdir(join(root, folder))).map((name) => join(folder, name))),
  );
  return [...found.flat(), ...PROJECTS].filter((project) => existsSync(join(root, project, 'package.json'))).sort();
}

async function filesBelow(folder: string): Promise<string[]> {
  const entries = (await readdir(folder, { withFileTypes: true })).filter(({ name }) => !LEFT_OUT.test(name));
  const below = entries.map(async (entry) => {
    const path = join(folder, entry.name);
    return entry.isDirectory() ? await filesBelow(path) : [path];
  });
  return (await Promise.all(below)).flat();
}

async function sourcesOf(root: string, projects: readonly string[]): Promise<Source[]> {
  const files = (await Promise.all(projects.map((project) => filesBelow(join(root, project))))).flat().sort();
  return await Promise.all(files.map(async (file) => ({ path: relative(root, file), content: await readFile(file) })));
}

/** The same sources always have the same build, so one that is there is never written again. */
function nameOf(sources: readonly Source[]): string {
  const hash = createHash('sha256').update(`${FORMAT} ${process.version}`);
  for (const { path, content } of sources) hash.update(`\0${path}\0${content.length}\0`).update(content);
  return hash.digest('hex').slice(0, 16);
}

function strippedOf({ path, content }: Source): string {
  try {
    return strippedSource(content.toString('utf8'));
  } catch (cause) {
    throw new SyntaxError(`${path}: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
  }
}

async function writeStripped(into: string, source: Source): Promise<void> {
  const { path, content } = source;
  const target = join(into, path);
  await mkdir(dirname(target), { recursive: true });
  if (path.endsWith('.ts')) await writeFile(target.replace(/\.ts$/, '.js'), strippedOf(source));
  else if (basename(path) === 'package.json') await writeFile(target, strippedManifest(content.toString('utf8')));
  else await writeFile(target, content);
}

/** Our packages resolve to their copies; all others are found in the repository, by walking up. */
async function linkProjects(into: string, { root }: BuildOptions, projects: readonly string[]): Promise<void> {
  for (const project of projects) {
    const { name } = JSON.parse(await readFile(join(root, project, 'package.json'), 'utf8')) as { name: string };
    const link = join(into, 'node_modules', name);
    await mkdir(dirname(link), { recursive: true });
    await symlink(relative(dirname(link), join(into, project)), link);
    const ownPackages = join(root, project, 'node_modules');
    if (existsSync(ownPackages)) await symlink(ownPackages, join(into, project, 'node_modules'));
  }
}

async function removeOldBuilds(folder: string): Promise<void> {
  const names = await readdir(folder);
  const builds = await Promise.all(
    names.map(async (name) => ({ path: join(folder, name), builtAt: (await stat(join(folder, name))).mtimeMs })),
  );
  const old = builds.sort((a, b) => b.builtAt - a.builtAt).slice(KEPT_MAX);
  await Promise.all(old.map(({ path }) => rm(path, { recursive: true, force: true })));
}

export interface Build {
  /** Has the apps as the repository has them: apps/<app>/main.js. Never changed once it is there. */
  readonly folder: string;
  readonly isThere: boolean;
}

/** Where the build of the sources as they are now is, or would be. */
export async function findBuild({ root, folder }: BuildOptions): Promise<Build> {
  const built = join(folder, nameOf(await sourcesOf(root, await projectsOf(root))));
  return { folder: built, isThere: existsSync(built) };
}

/**
 * Every app as JavaScript, stripped of its types once for all its starts. A process that strips for itself carries the
 * compiler of it (16 MB resident, for good), and one that keeps what was stripped in Node's compile cache carries that
 * cache (8 MB).
 *
 * @returns the folder of the build
 * @throws {SyntaxError} on a source that cannot be stripped; nothing is left of the build then
 */
export async function buildApps(options: BuildOptions): Promise<string> {
  const { root, folder } = options;
  const projects = await projectsOf(root);
  const sources = await sourcesOf(root, projects);
  const built = join(folder, nameOf(sources));
  if (existsSync(built)) return built;
  const unfinished = `${built}.${randomUUID().slice(0, 8)}`;
  try {
    for (const source of sources) await writeStripped(unfinished, source);
    await linkProjects(unfinished, options, projects);
    await rename(unfinished, built);
  } catch (error) {
    await rm(unfinished, { recursive: true, force: true });
    // Whoever came first has made the same.
    if (!existsSync(built)) throw error;
  }
  await removeOldBuilds(folder);
  return built;
}

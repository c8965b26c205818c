import { existsSync } from 'node:fs';
import { cp, mkdir, realpath, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { runProgram } from '../engine/run-program.ts';

const ASK_MS = 20_000;

/** What scripts of these images use; all of it is on every Debian. */
const PROGRAMS =
  'bash sh cat ls cp mv rm mkdir rmdir chmod chown ln env id head tail sed grep find sort sleep date tr cut wc touch test true false uname hostname';

/** Debian merges them into /usr. */
const MERGED = ['bin', 'sbin', 'lib', 'lib64'];

const USERS = [
  ['root', 0],
  ['postgres', 999],
  ['redis', 998],
  ['node', 1000],
  ['appuser', 1001],
  ['nobody', 65_534],
] as const;

/** Loaded by name, so that no program tells of them. */
const LOADED_BY_NAME = [
  'libnss_files.so.2',
  'libnss_dns.so.2',
  'libresolv.so.2',
  'libgcc_s.so.1',
  'libstdc++.so.6',
  'libz.so.1',
];

const whichOf = async (program: string): Promise<string | undefined> => {
  const places = ['/usr/bin', '/bin', '/usr/sbin'].map((folder) => join(folder, program));
  return places.find((place) => existsSync(place));
};

/** The libraries that a program is linked with, and the loader. */
async function librariesOf(program: string): Promise<string[]> {
  const printed = await runProgram('ldd', [program], { timeoutMs: ASK_MS }).catch(() => '');
  return [...printed.matchAll(/(\/[^\s:()]+\.so[^\s()]*)/g)].map(([path]) => path);
}

async function copyInto(root: string, path: string): Promise<void> {
  const target = join(root, path);
  if (existsSync(target)) return;
  await mkdir(dirname(target), { recursive: true });
  await cp(await realpath(path), target);
}

async function writeAccounts(root: string): Promise<void> {
  await mkdir(join(root, 'etc'), { recursive: true });
  const users = USERS.map(([name, id]) => `${name}:x:${id}:${id}::${id === 0 ? '/root' : '/tmp'}:/bin/bash`);
  const groups = USERS.map(([name, id]) => `${name}:x:${id}:`);
  await writeFile(join(root, 'etc', 'passwd'), `${users.join('\n')}\n`);
  await writeFile(join(root, 'etc', 'group'), `${groups.join('\n')}\n`);
  await writeFile(join(root, 'etc', 'nsswitch.conf'), 'passwd: files\ngroup: files\nhosts: files dns\n');
  await cp('/etc/os-release', join(root, 'etc', 'os-release'), { dereference: true });
}

/**
 * A small Debian from this machine's own: a shell, its programs, and the libraries that they are linked with. A public
 * base has hundreds of packages more, and none of them is needed to run a server.
 *
 * @param also  further programs or libraries of this machine whose libraries are needed
 */
export async function fillBase(root: string, also: readonly string[] = []): Promise<void> {
  for (const name of MERGED) {
    await mkdir(join(root, 'usr', name), { recursive: true });
    await symlink(`usr/${name}`, join(root, name));
  }
  for (const name of ['tmp', 'root', 'var/tmp', 'proc', 'sys', 'dev'])
    await mkdir(join(root, name), { recursive: true });
  const found = await Promise.all(PROGRAMS.split(' ').map(whichOf));
  const programs = found.filter((path) => path !== undefined);
  const libraries = new Set((await Promise.all([...programs, ...also].map(librariesOf))).flat());
  const folderOfLibc = dirname([...libraries].find((path) => path.includes('/libc.so.')) ?? '/lib/libc.so.6');
  const named = LOADED_BY_NAME.map((name) => join(folderOfLibc, name)).filter((path) => existsSync(path));
  const ours = [...libraries].filter((path) => /^\/(usr\/)?lib/.test(path));
  for (const path of [...programs, ...ours, ...named]) await copyInto(root, path);
  await writeAccounts(root);
}

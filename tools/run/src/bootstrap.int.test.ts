import { spawn, type ChildProcess } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { copyFile, mkdir, mkdtemp, readFile, rm, stat, symlink, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { waitUntil } from '@porchlight/stack';

/** A clone in small: the bootstrap, a lock file, and (as npm would put it there) a pinned Node that is the one of this test. */
let clone: string;
let children: ChildProcess[];
const WITHIN_MS = 15_000;
const lockFile = '{"lockfileVersion": 3}';
const hash = createHash('sha256').update(lockFile).digest('hex');
const pinnedFolder = () => join(clone, 'node_modules', `node-${process.platform}-${process.arch}`, 'bin');

const witness = `
  import { appendFileSync } from 'node:fs';
  const tell = (what) => appendFileSync(process.env.WITNESS, what + '\\n');
  for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => tell(signal));
  process.on('disconnect', () => { tell('alone'); process.exit(0); });
  setTimeout(() => {}, 60_000);
  tell('begins with ' + process.argv.slice(2).join(' '));
  if (process.argv[2] === 'fail') process.exit(7);
`;

/** Stands for npm: says where it was, and leaves what npm would leave. */
const npm = `
  const { appendFileSync, existsSync, mkdirSync, symlinkSync } = require('node:fs');
  appendFileSync(process.env.WITNESS, 'npm ' + process.argv.slice(2, 4).join(' ') + '\\n');
  if (process.env.NPM_FAILS) process.exit(1);
  if (process.env.NPM_WAITS) while (!existsSync(process.env.NPM_WAITS)) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 50);
  mkdirSync(process.env.PINNED, { recursive: true });
  symlinkSync(process.execPath, process.env.PINNED + '/node');
`;

beforeEach(async () => {
  clone = await mkdtemp(join(tmpdir(), 'porchlight-clone-'));
  children = [];
  await mkdir(join(clone, 'tools', 'run'), { recursive: true });
  for (const file of ['bootstrap.mjs', 'bootstrap-plan.mjs']) {
    await copyFile(fileURLToPath(new URL(`../${file}`, import.meta.url)), join(clone, 'tools', 'run', file));
  }
  await writeFile(join(clone, 'package-lock.json'), lockFile);
  await writeFile(join(clone, 'witness.mjs'), witness);
  await writeFile(join(clone, 'npm-cli.js'), npm);
  await writeFile(join(clone, 'told'), '');
});
afterEach(async () => {
  for (const child of children) child.kill('SIGKILL');
  await rm(clone, { recursive: true, force: true });
});

async function install(): Promise<void> {
  await mkdir(pinnedFolder(), { recursive: true });
  await symlink(process.execPath, join(pinnedFolder(), 'node'));
  await writeFile(join(clone, 'node_modules', '.porchlight-stamp'), hash);
}

function bootstrap(argument: string, more: NodeJS.ProcessEnv = {}, errors: 'ignore' | 'pipe' = 'ignore'): ChildProcess {
  const { NODE_OPTIONS: _jests, ...environment } = process.env;
  const args = [join(clone, 'tools', 'run', 'bootstrap.mjs'), 'exec', join(clone, 'witness.mjs'), argument];
  const child = spawn(process.execPath, args, {
    stdio: ['ignore', 'ignore', errors],
    env: {
      ...environment,
      npm_execpath: join(clone, 'npm-cli.js'),
      WITNESS: join(clone, 'told'),
      PINNED: pinnedFolder(),
      ...more,
    },
  });
  children.push(child);
  return child;
}

const told = async () => (await readFile(join(clone, 'told'), 'utf8')).trim().split('\n');
const tells = (line: string) => waitUntil(async () => (await told()).includes(line), { withinMs: WITHIN_MS });
const exitOf = async (child: ChildProcess) => (await once(child, 'exit')) as [number | null, string | null];

test('a signal that comes twice, as from the terminal and from npm, reaches the command once', async () => {
  await install();
  const child = bootstrap('once');
  await tells('begins with once');
  child.kill('SIGINT');
  child.kill('SIGINT');
  await tells('SIGINT');
  // Only now: of two different signals that wait, the system delivers which it likes first.
  child.kill('SIGTERM');
  const ended = exitOf(child);
  child.kill('SIGKILL');
  await ended;
  await tells('alone');
  expect(await told()).toEqual(['begins with once', 'SIGINT', 'alone']);
});

test('a command whose bootstrap was killed learns that it is alone', async () => {
  await install();
  const child = bootstrap('orphan');
  await tells('begins with orphan');
  child.kill('SIGKILL');
  expect(await tells('alone')).toBe(true);
});

test("the exit code is the command's", async () => {
  await install();
  expect(await exitOf(bootstrap('fail'))).toEqual([7, null]);
});

test('on a fresh clone two commands at once install once, and both run', async () => {
  const both = await Promise.all([bootstrap('fail'), bootstrap('fail')].map(exitOf));
  expect(both).toEqual([
    [7, null],
    [7, null],
  ]);
  expect((await told()).sort()).toEqual(['begins with fail', 'begins with fail', 'npm ci --ignore-scripts']);
});

test('what is installed is left alone until the lock file changes', async () => {
  await install();
  await exitOf(bootstrap('fail'));
  expect(await told()).toEqual(['begins with fail']);
  await rm(pinnedFolder(), { recursive: true });
  await writeFile(join(clone, 'package-lock.json'), `${lockFile} `);
  await exitOf(bootstrap('fail'));
  expect(await told()).toEqual(['begins with fail', 'npm ci --ignore-scripts', 'begins with fail']);
});

test('an installation that fails runs nothing, and is tried again the next time', async () => {
  expect(await exitOf(bootstrap('fail', { NPM_FAILS: 'yes' }))).toEqual([1, null]);
  expect(await exitOf(bootstrap('fail'))).toEqual([7, null]);
  expect(await told()).toEqual(['npm ci --ignore-scripts', 'npm ci --ignore-scripts', 'begins with fail']);
});

const lock = () => join(clone, '.porchlight', 'install.lock');
const LONG_AGO = new Date(1_000_000);

async function leaveLock(content: string, touchedAt: Date): Promise<void> {
  await mkdir(join(clone, '.porchlight'), { recursive: true });
  await writeFile(lock(), content);
  await utimes(lock(), touchedAt, touchedAt);
}

test.each([
  ['that is empty', ''],
  ['whose pid is another program by now', String(process.pid)],
])('a lock %s and that nobody touches is taken over by one of two', async (_which, content) => {
  await leaveLock(content, LONG_AGO);
  const both = await Promise.all([bootstrap('fail'), bootstrap('fail')].map(exitOf));
  expect(both.map(([code]) => code)).toEqual([7, 7]);
  expect((await told()).sort()).toEqual(['begins with fail', 'begins with fail', 'npm ci --ignore-scripts']);
});

test('a lock whose owner lives and works is waited for', async () => {
  await leaveLock(String(process.pid), new Date());
  const child = bootstrap('fail', {}, 'pipe');
  await once(child.stderr!, 'data');
  expect(await told()).toEqual(['']);
  await rm(lock());
  expect(await exitOf(child)).toEqual([7, null]);
});

test('the owner shows that it works, and takes no lock but its own away', async () => {
  const go = join(clone, 'go');
  const child = bootstrap('fail', { NPM_WAITS: go });
  await tells('npm ci --ignore-scripts');
  await utimes(lock(), LONG_AGO, LONG_AGO);
  const touched = async () => (await stat(lock())).mtimeMs > LONG_AGO.getTime();
  expect(await waitUntil(touched, { withinMs: WITHIN_MS })).toBe(true);
  await leaveLock('somebody else', new Date());
  await writeFile(go, '');
  expect(await exitOf(child)).toEqual([7, null]);
  expect(await readFile(lock(), 'utf8')).toBe('somebody else');
});

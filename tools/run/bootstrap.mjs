/**
 * From whatever Node a person has (18 or newer) to the pinned Node 24 with every package in place, then to the command.
 * Nothing may be imported here but Node's own modules: on a fresh clone there is nothing else.
 */
import { spawn } from 'node:child_process';
import { createHash, randomUUID } from 'node:crypto';
import {
  existsSync,
  linkSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { constants } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { chooseEntry, chooseNode, exitCodeOf, mustInstall } from './bootstrap-plan.mjs';

const repository = join(dirname(fileURLToPath(import.meta.url)), '..', '..');
const packages = join(repository, 'node_modules');
const lockFile = join(repository, 'package-lock.json');
const stampFile = join(packages, '.porchlight-stamp');
const installLock = join(repository, '.porchlight', 'install.lock');

const OTHER_INSTALL_POLLS = 1_200;
const POLL_MS = 500;
/** The owner of the lock shows that often that it works; nobody has been starved of a processor for ten times as long. */
const LOCK_BEAT_MS = 1_000;
const LOCK_STALE_MS = 10_000;
const EXIT_USAGE = 2;

/** The command that runs now, and whether it has been asked to stop: a terminal's Ctrl-C and npm's copy of it count once. */
let child;
let asked;
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
  process.on(signal, () => {
    if (asked !== undefined) return;
    asked = signal;
    child?.kill(signal);
  });
}

const say = (line) => process.stderr.write(`${line}\n`);

/**
 * Runs a program to its end. It gets a session of its own, so that a Ctrl-C reaches it through us alone, and a channel to
 * us, whose end tells it that we are gone.
 */
function run(command, args, { channel = false, output = 'inherit' } = {}) {
  return new Promise((resolve) => {
    const stdio = ['inherit', output, 'inherit', ...(channel ? ['ipc'] : [])];
    const path = `${join(packages, '.bin')}${delimiter}${process.env.PATH ?? ''}`;
    child = spawn(command, args, { cwd: process.cwd(), stdio, detached: true, env: { ...process.env, PATH: path } });
    child.once('error', (error) => {
      say(`${command} cannot be run: ${error.message}`);
      resolve(EXIT_USAGE);
    });
    child.once('exit', (code, signal) => resolve(exitCodeOf(code, constants.signals[signal])));
    if (asked !== undefined) child.kill(asked);
  });
}

const hashOf = (file) => createHash('sha256').update(readFileSync(file)).digest('hex');
const readIfThere = (file) => (existsSync(file) ? readFileSync(file, 'utf8').trim() : undefined);

const contentOf = (file) => {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
};

function pinnedNode() {
  const file = join(packages, `node-${process.platform}-${process.arch}`, 'bin', 'node');
  return existsSync(file) ? file : undefined;
}

function seenInstallation() {
  const npmRecord = join(packages, '.package-lock.json');
  const installedAfterLock = existsSync(npmRecord) && statSync(npmRecord).mtimeMs >= statSync(lockFile).mtimeMs;
  return { lockHash: hashOf(lockFile), stamp: readIfThere(stampFile), installedAfterLock };
}

/** npm's own script, if npm started us; else npm from PATH. It runs under the pinned Node as soon as there is one. */
function npmCommand() {
  const script = process.env.npm_execpath;
  if (script === undefined || !/npm-cli\.c?js$/.test(script)) return ['npm'];
  return [pinnedNode() ?? process.execPath, script];
}

const lives = (pid) => {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return error.code === 'EPERM';
  }
};

const ageMsOf = (file) => {
  try {
    return Date.now() - statSync(file).mtimeMs;
  } catch {
    return 0;
  }
};

/**
 * Takes the lock of an owner that has died out of the way: it is renamed, which only one of several waiters can do, and
 * put back if it turns out that somebody else had done so and holds a new one by then.
 */
function removeStaleLock(seen) {
  const aside = `${installLock}.${process.pid}`;
  try {
    if (readFileSync(installLock, 'utf8') !== seen) return;
    renameSync(installLock, aside);
    if (readFileSync(aside, 'utf8') !== seen) linkSync(aside, installLock);
    rmSync(aside, { force: true });
  } catch {
    // It is gone, or another waiter was faster: the next poll sees what is there now.
  }
}

/**
 * One installation at a time: npm removes node_modules before it fills it. The owner touches the lock while it works; a lock
 * whose owner has died, or which nobody has touched for a while (an empty file, a pid that the system has given to another
 * program), is taken over.
 */
async function withInstallLock(work) {
  mkdirSync(dirname(installLock), { recursive: true });
  const token = `${process.pid} ${randomUUID()}`;
  for (let poll = 0; ; poll += 1) {
    try {
      writeFileSync(installLock, token, { flag: 'wx' });
      break;
    } catch (error) {
      if (error.code !== 'EEXIST') throw error;
      const seen = contentOf(installLock);
      const owner = Number.parseInt(seen ?? '', 10);
      if (poll === 0) say('waiting for another installation of the packages');
      if (poll > OTHER_INSTALL_POLLS) throw new Error(`${installLock} has been held for ten minutes by pid ${owner}`);
      const isStale = ageMsOf(installLock) > LOCK_STALE_MS || (owner > 0 && !lives(owner));
      if (isStale && seen !== undefined) removeStaleLock(seen);
      else await new Promise((resolve) => setTimeout(resolve, POLL_MS));
      if (asked !== undefined) return exitCodeOf(null, constants.signals[asked]);
    }
  }
  const isOurs = () => contentOf(installLock) === token;
  const touch = () => {
    try {
      if (isOurs()) utimesSync(installLock, new Date(), new Date());
    } catch {
      // Somebody removed it just now: there is nothing to show that we work.
    }
  };
  const beat = setInterval(touch, LOCK_BEAT_MS);
  try {
    return await work();
  } finally {
    clearInterval(beat);
    if (isOurs()) rmSync(installLock, { force: true });
  }
}

async function install() {
  return withInstallLock(async () => {
    const seen = seenInstallation();
    if (!mustInstall(seen)) return 0;
    const fresh = !existsSync(packages);
    say(
      `installing the packages (npm ci)${fresh ? ', about half a minute on a fresh clone' : ': the lock file has changed'} ...`,
    );
    const began = Date.now();
    const [command, ...script] = npmCommand();
    // npm prints its summary on standard output, which belongs to the command that follows.
    const code = await run(
      command,
      [...script, 'ci', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error', '--prefix', repository],
      { output: 2 },
    );
    if (code !== 0) {
      say(
        `npm ci ended with ${code}. It says above what it could not fetch; run the same command again when that is mended.`,
      );
      return code;
    }
    writeFileSync(stampFile, seen.lockHash);
    say(`packages are in place after ${Math.round((Date.now() - began) / 1000)} s`);
    return 0;
  });
}

async function main() {
  const chosen = chooseEntry(process.argv.slice(2));
  if (chosen.problem !== undefined) {
    say(chosen.problem);
    return EXIT_USAGE;
  }
  if (mustInstall(seenInstallation())) {
    const code = await install();
    if (code !== 0) return code;
  }
  const runtime = chooseNode({
    pinnedNode: pinnedNode(),
    hostNode: process.execPath,
    hostVersion: process.versions.node,
    platform: `${process.platform}-${process.arch}`,
  });
  if (runtime.problem !== undefined) {
    say(runtime.problem);
    return EXIT_USAGE;
  }
  const file = process.argv[2] === 'exec' ? chosen.entry : join(repository, chosen.entry);
  if (!existsSync(file)) {
    say(`there is no ${chosen.entry} in this version of Porchlight`);
    return EXIT_USAGE;
  }
  if (asked !== undefined) return exitCodeOf(null, constants.signals[asked]);
  // kafkajs sets a timer of less than nothing, once; nobody at a terminal can do anything about it.
  const flags = ['--disable-warning=TimeoutNegativeWarning'];
  return run(runtime.node, [...flags, file, ...chosen.args], { channel: true });
}

process.exitCode = await main();

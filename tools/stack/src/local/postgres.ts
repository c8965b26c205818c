import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { chmod, chown, mkdir, readdir, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { runCommand } from '../download/run-command.ts';
import { drawnOnce } from '../drawn-once.ts';
import { createDatabases, probePostgres } from '../probe/postgres.adapter.ts';
import { isThatServer, logTail, runningServer, stopServer } from '../server-process.ts';
import type { RunningService } from '../services.ts';
import { reasonOf, StackError } from '../stack-error.ts';
import { waitUntil } from '../wait-until.ts';
import { writeWhole } from '../write-whole.ts';
import { logFileOf, pidFileOf, serverFolder, type Instance } from './instance.ts';
import { findPostgres, type PostgresBinaries } from './postgres-binaries.ts';
import { commandAs, postgresAccount, type Account } from './run-as.ts';
import { fingerprintOf, startServer, tellStarted, type StartedServer } from './start-server.ts';

const READY_MS = 60_000;
const INITDB_MS = 120_000;
const STOP_GRACE_MS = 2_500;
/** Backends of a killed server need a moment to see that it is gone; until then a new one is refused. */
const OLD_BACKENDS_MS = 20_000;
const CONNECTIONS_MAX = 200;
const USER = 'porchlight';
/** Permission bits: its owner alone. */
const PRIVATE = 0o600;

/** The database of the catalogue, and the registry's. */
export const porchlightDatabase = 'porchlight';
export const registryDatabase = 'registry';

/** SIGINT is PostgreSQL's fast stop: roll back, write a checkpoint, end. SIGTERM would wait for every client. */
const stopping = { signal: 'SIGINT' as const, graceMs: STOP_GRACE_MS };

/** The superuser's password: drawn once, kept beside the data, readable by its owner alone. */
async function passwordOf(home: string): Promise<string> {
  const file = join(home, 'password');
  const draw = (): string => {
    if (!existsSync(join(home, 'cluster'))) return randomBytes(24).toString('hex');
    throw new StackError(
      'SERVER_NOT_READY',
      `the database is there but its password file ${file} is gone: put it back, or start with --fresh to begin anew.`,
    );
  };
  return await drawnOnce(file, draw, PRIVATE);
}

/** Makes the cluster under another name and moves it into place, so that a killed initdb leaves no half of one. */
async function initialiseOnce({
  home,
  binaries,
  account,
  password,
}: {
  home: string;
  binaries: PostgresBinaries;
  account: Account | undefined;
  password: string;
}): Promise<void> {
  const cluster = join(home, 'cluster');
  if (existsSync(join(cluster, 'PG_VERSION'))) return;
  const [part, passwordFile] = [join(home, `cluster.${process.pid}.part`), join(home, 'initdb-password')];
  // Halves of earlier ones. An initdb whose launcher was killed may still be writing its own: it fails, and harms nothing.
  const halves = (await readdir(home)).filter((name) => /^cluster(\..*\.part)?$/.test(name));
  await Promise.all(halves.map((name) => rm(join(home, name), { recursive: true, force: true })));
  await mkdir(part, { mode: 0o700 });
  await writeWhole(passwordFile, password, PRIVATE);
  if (account) await Promise.all([part, passwordFile].map((path) => chown(path, account.uid, account.gid)));
  // The built-in C.UTF-8 is the same on every system; `locale -a` is not.
  const locale = ['--encoding=UTF8', '--locale=C', '--locale-provider=builtin', '--builtin-locale=C.UTF-8'];
  const args = [
    '-D',
    part,
    '-U',
    USER,
    `--pwfile=${passwordFile}`,
    '--auth=scram-sha-256',
    '--no-instructions',
    ...locale,
  ];
  try {
    await runPostgresTool({ account, binaries, home }, binaries.initdb, args);
    await rename(part, cluster);
  } finally {
    await rm(passwordFile, { force: true });
  }
}

async function runPostgresTool(
  { account, binaries, home }: { account: Account | undefined; binaries: PostgresBinaries; home: string },
  command: string,
  args: string[],
): Promise<void> {
  const as = commandAs(account, [home, binaries.folder], command, args);
  const lent = as.runAs ? { uid: as.runAs.uid, gid: as.runAs.gid } : {};
  await runCommand(as.command, as.args, { timeoutMs: INITDB_MS, ...lent });
}

/**
 * A postmaster.pid that a crash left behind names a pid that may be anybody's by now; PostgreSQL would believe it. It is
 * removed unless that process is a server of this very folder, which is then stopped (its pid file of ours may be lost).
 */
async function clearStalePostmaster(cluster: string): Promise<void> {
  const file = join(cluster, 'postmaster.pid');
  const [line = ''] = (await readFile(file, 'utf8').catch(() => '')).split('\n');
  const pid = Number(line);
  if (!Number.isInteger(pid) || pid <= 1) return;
  const record = { pid, marker: `-D ${cluster} ` };
  if (isThatServer(record)) {
    process.kill(pid, 'SIGINT');
    const gone = await waitUntil(() => !isThatServer(record), { withinMs: STOP_GRACE_MS });
    if (!gone && isThatServer(record)) process.kill(pid, 'SIGKILL');
    await waitUntil(() => !isThatServer(record), { withinMs: 2_000 });
  }
  await rm(file, { force: true });
}

export async function stopPostgres(folder: string): Promise<void> {
  await stopServer(pidFileOf(folder, 'postgres'), stopping);
}

export async function removePostgres(folder: string): Promise<void> {
  await rm(serverFolder(folder, 'postgres'), { recursive: true, force: true });
}

interface Prepared {
  instance: Instance;
  home: string;
  binaries: PostgresBinaries;
  account: Account | undefined;
  address: string;
}

async function startPrepared({ instance, home, binaries, account, address }: Prepared): Promise<StartedServer> {
  const cluster = join(home, 'cluster');
  const settings = {
    listen_addresses: '127.0.0.1',
    unix_socket_directories: '',
    max_connections: String(CONNECTIONS_MAX),
    timezone: 'UTC',
  };
  const args = [
    '-D',
    cluster,
    '-p',
    String(instance.ports.postgres),
    ...Object.entries(settings).flatMap(([key, value]) => ['-c', `${key}=${value}`]),
  ];
  const spec = {
    name: 'PostgreSQL',
    ...commandAs(account, [home, binaries.folder], binaries.postgres, args),
    environment: { ...process.env, LC_ALL: 'C' },
    pidFile: pidFileOf(instance.folder, 'postgres'),
    logFile: logFileOf(instance.folder, 'postgres'),
    marker: `-D ${cluster} `,
    fingerprint: fingerprintOf(binaries.postgres, ...args),
  };
  const began = performance.now();
  for (;;) {
    if (!(await runningServer(spec.pidFile))) await clearStalePostmaster(cluster);
    try {
      return await startServer(spec, {
        probe: () => probePostgres(address),
        readyMs: READY_MS,
        stop: stopping,
        signal: instance.signal,
      });
    } catch (thrown) {
      const backendsRemain = (await logTail(spec.logFile, 5)).includes('pre-existing shared memory block');
      if (!backendsRemain || performance.now() - began > OLD_BACKENDS_MS) throw thrown;
    }
  }
}

/** PostgreSQL 18 as a local process, with the databases `porchlight` and `registry` in it. */
export async function startPostgres(instance: Instance): Promise<RunningService> {
  const binaries = await findPostgres();
  const account = postgresAccount();
  const home = serverFolder(instance.folder, 'postgres');
  await mkdir(home, { recursive: true });
  // The lent account must pass through; the password file inside is private by its own mode.
  await chmod(home, 0o755);
  const password = await passwordOf(home);
  const urlOf = (database: string) => `postgres://${USER}:${password}@127.0.0.1:${instance.ports.postgres}/${database}`;
  instance.report('postgres', 'starting', 'the PostgreSQL that npm installed');
  await initialiseOnce({ home, binaries, account, password }).catch((cause: unknown) => {
    throw cause instanceof StackError
      ? cause
      : new StackError('SERVER_NOT_READY', `PostgreSQL's initdb in ${home} failed: ${reasonOf(cause)}`, { cause });
  });
  const started = await startPrepared({ instance, home, binaries, account, address: urlOf('postgres') });
  await createDatabases(urlOf('postgres'), [porchlightDatabase, registryDatabase]);
  const address = urlOf(porchlightDatabase);
  const choice = {
    service: 'postgres' as const,
    source: 'process' as const,
    address: `postgres://127.0.0.1:${instance.ports.postgres}/${porchlightDatabase}`,
    reason: `${tellStarted(started)}; PostgreSQL from npm, its password is in ${join(home, 'password')}`,
  };
  return { choice, address, stop: () => stopPostgres(instance.folder) };
}

import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import {
  readPidRecord,
  runningServer,
  spawnServer,
  stopServer,
  waitUntilReady,
  type ServerSpec,
} from './server-process.ts';
import { waitUntil } from './wait-until.ts';

let folder: string;
const bystanders: ChildProcess[] = [];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'porchlight-server-'));
});
afterEach(async () => {
  for (const child of bystanders.splice(0)) child.kill('SIGKILL');
  await stopServer(join(folder, 'server.pid'), { graceMs: 0 });
  await rm(folder, { recursive: true });
});

const specOf = (script: string): ServerSpec => ({
  name: 'the server',
  command: process.execPath,
  args: ['-e', script, '--', folder],
  pidFile: join(folder, 'server.pid'),
  logFile: join(folder, 'server.log'),
  marker: folder,
  fingerprint: 'one',
});

async function bystander(): Promise<ChildProcess> {
  const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { stdio: 'ignore' });
  bystanders.push(child);
  await once(child, 'spawn');
  return child;
}

const lives = (pid: number) => {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
};

test('a pid that belongs to somebody else now is neither taken for the server nor signalled', async () => {
  const other = await bystander();
  const pidFile = join(folder, 'server.pid');
  await writeFile(pidFile, JSON.stringify({ pid: other.pid, marker: folder, fingerprint: 'one' }));
  expect(await runningServer(pidFile)).toBeUndefined();
  await stopServer(pidFile, { graceMs: 100 });
  expect(other.exitCode ?? other.signalCode).toBeNull();
  expect(existsSync(pidFile)).toBe(false);
});

test('a server is known again by its pid file, also by a launcher that did not start it', async () => {
  const spec = specOf('setInterval(() => {}, 1000)');
  const record = await spawnServer(spec);
  const { pid, marker, fingerprint } = record;
  expect(await runningServer(spec.pidFile)).toEqual({ pid, marker, fingerprint });
  await stopServer(spec.pidFile, { graceMs: 5_000 });
  expect(await runningServer(spec.pidFile)).toBeUndefined();
  expect(await waitUntil(() => !lives(record.pid), { withinMs: 5_000 })).toBe(true);
});

test('how a server ended is known to who started it', async () => {
  const { exited } = await spawnServer(specOf('process.exit(7)'));
  expect(await exited).toEqual({ code: 7, signal: null });
  const spec = specOf('setInterval(() => {}, 1000)');
  const killed = await spawnServer(spec);
  process.kill(killed.pid, 'SIGKILL');
  expect(await killed.exited).toEqual({ code: null, signal: 'SIGKILL' });
});

test('a server that ignores SIGTERM is killed when its grace is over', async () => {
  const spec = specOf("process.on('SIGTERM', () => {}); console.log('deaf'); setInterval(() => {}, 1000)");
  const record = await spawnServer(spec);
  await waitUntil(async () => (await readFile(spec.logFile, 'utf8')).includes('deaf'), { withinMs: 8_000 });
  await stopServer(spec.pidFile, { graceMs: 200 });
  expect(await waitUntil(() => !lives(record.pid), { withinMs: 5_000 })).toBe(true);
});

test('a server that ends while it starts is reported with the end of its log', async () => {
  const spec = specOf("console.error('no room on the disk'); process.exit(3)");
  const record = await spawnServer(spec);
  const start = waitUntilReady(spec, record, () => Promise.reject(new Error('refused')), 8_000);
  await expect(start).rejects.toMatchObject({
    code: 'SERVER_DIED',
    message: expect.stringContaining('no room on the disk'),
  });
});

test('a server that never answers is reported with what the last question was answered', async () => {
  const spec = specOf('setInterval(() => {}, 1000)');
  const record = await spawnServer(spec);
  const start = waitUntilReady(spec, record, () => Promise.reject(new Error('loading the dataset')), 150);
  await expect(start).rejects.toMatchObject({
    code: 'SERVER_NOT_READY',
    message: expect.stringContaining('loading the dataset'),
  });
});

test('a program that is not there is an error that names it', async () => {
  const spec = { ...specOf(''), command: join(folder, 'no-such-server') };
  await expect(spawnServer(spec)).rejects.toMatchObject({
    code: 'SERVER_DIED',
    message: expect.stringContaining('no-such-server'),
  });
});

test.each([['{"pid": 1, "marker": "x"}'], ['{"pid": 4711, "marker": ""}'], ['4711'], ['']])(
  'a pid file that holds %j names no server',
  async (text) => {
    const pidFile = join(folder, 'odd.pid');
    await writeFile(pidFile, text);
    expect(await readPidRecord(pidFile)).toBeUndefined();
  },
);

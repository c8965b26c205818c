import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { processCommand, spawnServer } from '@porchlight/stack';
import { openScratchFolder } from './scratch-folder.ts';

let instance: string;
let left: number[];
beforeEach(async () => {
  instance = await mkdtemp(join(tmpdir(), 'porchlight-instance-'));
  left = [];
});
afterEach(async () => {
  for (const pid of left) if (processCommand(pid)) process.kill(pid, 'SIGKILL');
  await rm(instance, { recursive: true });
});

/** A process as the walk's fleet starts them: in a session of its own, with a pid file. */
async function leaveServer(folder: string): Promise<number> {
  const { pid } = await spawnServer({
    name: 'lamp',
    command: process.execPath,
    args: ['-e', 'setInterval(() => {}, 1000)', '--', folder],
    environment: {},
    pidFile: join(folder, 'walk', 'apps', 'lamp.pid'),
    logFile: join(folder, 'walk', 'lamp.log'),
    marker: folder,
    fingerprint: '',
  });
  left.push(pid);
  return pid;
}

test('what a test has left running is ended by its pid file, and the folder goes', async () => {
  const { folder, clear } = await openScratchFolder(instance);
  const pid = await leaveServer(folder);
  expect(processCommand(pid)).toContain(folder);
  await clear();
  expect([processCommand(pid), existsSync(folder)]).toEqual([undefined, false]);
});

test('what a run that was killed has left behind is ended by the next one', async () => {
  const killed = await openScratchFolder(instance);
  const pid = await leaveServer(killed.folder);
  const next = await openScratchFolder(instance);
  expect([processCommand(pid), existsSync(killed.folder), existsSync(next.folder)]).toEqual([undefined, false, true]);
  await next.clear();
});

test('a note that names a folder of somebody else removes nothing', async () => {
  const precious = join(instance, 'precious');
  await writeFile(precious, 'kept');
  await writeFile(join(instance, 'scratch'), instance);
  const { clear } = await openScratchFolder(instance);
  await clear();
  expect(await readFile(precious, 'utf8')).toBe('kept');
});

test("another program's pid file ends nobody", async () => {
  const { folder, clear } = await openScratchFolder(instance);
  await writeFile(join(folder, 'theirs.pid'), String(process.pid));
  await clear();
  expect(processCommand(process.pid)).toBeDefined();
});

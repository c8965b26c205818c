import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { takeRunLock } from './run-lock.ts';

let folder: string;
let file: string;
let other: ChildProcess | undefined;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'porchlight-lock-'));
  file = join(folder, 'run.json');
});
afterEach(async () => {
  other?.kill('SIGKILL');
  other = undefined;
  await rm(folder, { recursive: true });
});

async function otherProcess(...args: string[]): Promise<number> {
  other = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)', '--', ...args], { stdio: 'ignore' });
  await once(other, 'spawn');
  return other.pid!;
}

const marker = 'porchlight-lock-test-holder';

test('a second start is refused with the pid of the first, as long as that lives', async () => {
  const pid = await otherProcess(marker);
  await takeRunLock(file, { marker, pid, startedAt: 1_000 });
  expect(await takeRunLock(file, { marker })).toEqual({ holder: { pid, startedAt: 1_000, marker } });
});

test('the lock of a process that was killed is taken over', async () => {
  const pid = await otherProcess(marker);
  await takeRunLock(file, { marker, pid });
  other?.kill('SIGKILL');
  await once(other!, 'exit');
  expect(await takeRunLock(file, { marker })).toHaveProperty('release');
});

test('a lock whose pid is now another program is taken over', async () => {
  const pid = await otherProcess('something-else');
  await writeFile(file, JSON.stringify({ pid, startedAt: 1_000, marker }));
  expect(await takeRunLock(file, { marker })).toHaveProperty('release');
});

test('a lock that was given back is free, and giving back twice takes nothing from the next', async () => {
  const first = await takeRunLock(file, { marker });
  if (!('release' in first)) throw new Error('the folder is new: nobody holds it');
  await first.release();
  expect(existsSync(file)).toBe(false);
  const pid = await otherProcess(marker);
  await takeRunLock(file, { marker, pid });
  await first.release();
  expect(await takeRunLock(file, { marker })).toHaveProperty('holder.pid', pid);
});

test('a damaged lock file holds nothing', async () => {
  await writeFile(file, '{"pid": 12');
  expect(await takeRunLock(file, { marker })).toHaveProperty('release');
});

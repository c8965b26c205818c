import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { holdInstance } from './hold-instance.ts';

/** An instance in a folder of its own, held by a process that lives. */
const instance = 'held';
const marker = 'porchlight-hold-test';
let data: string;
let holder: ChildProcess;
beforeEach(async () => {
  data = await mkdtemp(join(tmpdir(), 'porchlight-held-'));
  holder = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)', '--', marker], { stdio: 'ignore' });
  await once(holder, 'spawn');
  await mkdir(join(data, instance));
  const held = { pid: holder.pid, startedAt: 1_000, marker };
  await writeFile(join(data, instance, 'run.json'), JSON.stringify(held));
  await writeFile(join(data, instance, 'postgres'), 'the data');
});
afterEach(async () => {
  holder.kill('SIGKILL');
  await rm(data, { recursive: true });
});

/** `stack <arguments>` as a person types it. */
function stack(...args: string[]): Promise<{ code: number; said: string }> {
  const main = fileURLToPath(new URL('main.ts', import.meta.url));
  const env = { ...process.env, PORCHLIGHT_DATA_DIR: data, NODE_OPTIONS: '' };
  return new Promise((resolve) => {
    execFile(process.execPath, [main, ...args, '--instance', instance], { env }, (error, _out, said) =>
      resolve({ code: Number(error?.code ?? 0), said }),
    );
  });
}

test.each([[['down']], [['up', '--fresh']]])('%j is refused while somebody runs, by pid', async (args) => {
  const { code, said } = await stack(...args);
  expect(code).toBe(1);
  expect(said).toContain(`Porchlight already runs here (instance "held"): ${marker}, pid ${holder.pid}`);
});

test('a holder that was killed holds nothing', async () => {
  holder.kill('SIGKILL');
  await once(holder, 'exit');
  expect((await stack('down')).code).toBe(0);
});

test('whoever holds an instance is named to the next, and gives it back', async () => {
  const choice = { instance, dataDir: join(data, instance) };
  await expect(holdInstance({ ...choice, marker: 'other' })).rejects.toMatchObject({ code: 'INSTANCE_TAKEN' });
  holder.kill('SIGKILL');
  await once(holder, 'exit');
  const hold = await holdInstance({ ...choice, marker: process.execPath });
  await hold.release();
  await expect(holdInstance({ ...choice, marker: 'other' })).resolves.toHaveProperty('release');
});

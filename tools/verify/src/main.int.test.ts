import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { processCommand, waitUntil } from '@porchlight/stack';

/** `npm test` in a data folder of its own: the one that runs this test holds the usual one. */
const WITHIN_MS = 20_000;
const marker = 'porchlight-verify-holder';
let data: string;
const children: ChildProcess[] = [];
beforeEach(async () => {
  data = await mkdtemp(join(tmpdir(), 'porchlight-verify-'));
  await mkdir(join(data, 'test'));
});
afterEach(async () => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
  await rm(data, { recursive: true });
});

function verify(...args: string[]) {
  const main = fileURLToPath(new URL('main.ts', import.meta.url));
  const env = { ...process.env, PORCHLIGHT_DATA_DIR: data, NODE_OPTIONS: '' };
  const child = spawn(process.execPath, [main, ...args], { env, stdio: ['ignore', 'pipe', 'ignore', 'ipc'] });
  children.push(child);
  const told: string[] = [];
  child.stdout!.setEncoding('utf8').on('data', (text: string) => void told.push(text));
  const says = (text: string) => waitUntil(() => told.join('').includes(text), { withinMs: WITHIN_MS });
  const ended = once(child, 'exit') as Promise<[number | null, string | null]>;
  return { child, ended, told, says };
}

/** The processes that this one has started, by the system. */
async function childrenOf(pid: number): Promise<number[]> {
  const listed = await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8').catch(() => '');
  return listed.trim().split(' ').filter(Boolean).map(Number);
}

test('a second run that needs the servers is refused with the pid of the first, before any step', async () => {
  const holder = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)', '--', marker], { stdio: 'ignore' });
  children.push(holder);
  await once(holder, 'spawn');
  await writeFile(join(data, 'test', 'run.json'), JSON.stringify({ pid: holder.pid, startedAt: 1_000, marker }));
  const { ended, told } = verify('--only', 'types', 'integration');
  expect(await ended).toEqual([1, null]);
  expect(told.join('')).toContain(`Porchlight already runs here (instance "test"): ${marker}, pid ${holder.pid}`);
  expect(told.join('')).not.toContain('types …');
});

test.each([
  ['SIGTERM', 143, (child: ChildProcess) => void child.kill('SIGTERM')],
  ['the end of the bootstrap', 129, (child: ChildProcess) => child.disconnect()],
])('%s in the middle of a step ends the step too', async (_what, code, ask) => {
  const { child, ended, says } = verify('--only', 'lint');
  await says('lint …');
  const step = await waitUntil(async () => (await childrenOf(child.pid!))[0], { withinMs: WITHIN_MS });
  expect(step).toBeGreaterThan(1);
  ask(child);
  expect(await ended).toEqual([code, null]);
  expect(processCommand(step ?? 0)).toBeUndefined();
});

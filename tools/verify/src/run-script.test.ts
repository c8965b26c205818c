import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { processCommand, waitUntil } from '@porchlight/stack';
import { runScript } from './run-script.ts';

const WITHIN_MS = 8_000;
let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'porchlight-script-'));
});
afterEach(() => rm(folder, { recursive: true }));

/** A script that says who it is, has a worker that hears no SIGTERM, and obeys (or not) itself. */
const parent = (onTerm: string) => `
  import { spawn } from 'node:child_process';
  import { writeFileSync } from 'node:fs';
  if (process.argv[3] === 'worker') {
    process.on('SIGTERM', () => {});
    writeFileSync(process.argv[2] + '/pids', JSON.stringify([process.ppid, process.pid]));
  } else {
    process.on('SIGTERM', () => { ${onTerm} });
    spawn(process.execPath, [process.argv[1], process.argv[2], 'worker'], { stdio: 'inherit' });
  }
  setInterval(() => {}, 1_000);
`;

async function started(source: string, signal: AbortSignal) {
  const script = join(folder, 'script.mjs');
  await writeFile(script, source);
  const ended = runScript(script, [folder], { environment: process.env, onOutput: () => undefined, signal });
  ended.catch(() => undefined);
  const read = () => readFile(join(folder, 'pids'), 'utf8').then(JSON.parse, () => undefined) as Promise<number[]>;
  const pids = (await waitUntil(read, { withinMs: WITHIN_MS })) ?? [];
  expect(pids.map((pid) => processCommand(pid)?.includes(script))).toEqual([true, true]);
  return { ended, pids };
}

test.each([
  ['obeys at once', 'process.exit(0)'],
  ['hears nothing', ''],
])(
  'a script that %s is ended with its workers when the run is asked to stop',
  async (_how, onTerm) => {
    const abort = new AbortController();
    const { ended, pids } = await started(parent(onTerm), abort.signal);
    abort.abort(new Error('asked to stop'));
    await expect(ended).rejects.toThrow('asked to stop');
    const gone = () => pids.every((pid) => processCommand(pid) === undefined);
    expect(await waitUntil(gone, { withinMs: WITHIN_MS })).toBe(true);
  },
  2 * WITHIN_MS,
);

test("the exit code is the script's, and its environment is the given one", async () => {
  const script = join(folder, 'script.mjs');
  await writeFile(script, 'console.log(JSON.stringify(process.env.LAMP)); process.exit(7);');
  const told: string[] = [];
  const input = { environment: { LAMP: 'lit' }, onOutput: (text: string) => void told.push(text) };
  const code = await runScript(script, [], { ...input, signal: new AbortController().signal });
  expect([code, told.join('').trim()]).toEqual([7, '"lit"']);
});

test('nothing is started after the run was asked to stop', async () => {
  const input = { environment: {}, onOutput: () => undefined, signal: AbortSignal.abort(new Error('too late')) };
  await expect(runScript('no-such-script', [], input)).rejects.toThrow('too late');
});

test('a script that a signal ended fails, and the signal is told', async () => {
  const script = join(folder, 'script.mjs');
  await writeFile(script, "process.kill(process.pid, 'SIGKILL');");
  const told: string[] = [];
  const input = { environment: {}, onOutput: (text: string) => void told.push(text) };
  expect(await runScript(script, [], { ...input, signal: new AbortController().signal })).toBe(1);
  expect(told.join('')).toBe('script.mjs was ended by SIGKILL\n');
});

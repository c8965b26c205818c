import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, test } from '@jest/globals';
import { HEAP_GROWTH_PERCENT } from './heap-growth.ts';

const run = promisify(execFile);

/** Holds some megabytes, then leaves far more behind than the heap may grow by; prints the most that it took, in MB. */
const script = `
  const { keepHeapSmall } = await import(process.argv[1]);
  if (process.argv[2] === 'small') keepHeapSmall();
  const leave = (count) => Array.from({ length: count }, (_, at) => ({ at, next: [at] }));
  const alive = leave(400_000);
  gc();
  let kept = [];
  let mostMb = 0;
  for (let round = 0; round < 3_000; round += 1) {
    if (kept.push(leave(1_000)) > 20) kept = [];
    mostMb = Math.max(mostMb, process.memoryUsage().heapTotal / 1048576);
  }
  process.stdout.write(String(alive.length > 0 ? Math.round(mostMb) : 0)); // console.log would colour it where FORCE_COLOR is set
`;

/** Makes answers that all stay, as while a cache fills, then many that are dropped at once; prints by how much what is old grew by those, in MB. */
const answersScript = `
  const { getHeapSpaceStatistics } = await import('node:v8');
  const { makeAllYoung } = await import(process.argv[1]);
  if (process.argv[2] === 'young') makeAllYoung();
  const home = (at) => ({ at, next: [at] });
  const answer = (first) => {
    const homes = [];
    for (let at = 0; at < 100; at += 1) homes.push(home(first + at));
    return homes;
  };
  const old = () => getHeapSpaceStatistics().find(({ space_name }) => space_name === 'old_space');
  const oldMb = () => old().space_used_size / 1048576;
  let kept = [];
  for (let round = 0; round < 6_000; round += 1) kept.push(answer(round));
  kept = [];
  gc();
  let grownMb = 0;
  let lastMb = oldMb();
  for (let round = 0; round < 20_000; round += 1) {
    kept = answer(round);
    const nowMb = oldMb();
    grownMb += Math.max(0, nowMb - lastMb);
    lastMb = nowMb;
  }
  process.stdout.write(String(kept.length > 0 ? Math.round(grownMb) : -1));
`;

/** Tells which flags are set, and sets them. */
const watchFlags = `
  import v8 from 'node:v8';
  import { syncBuiltinESMExports } from 'node:module';
  const set = v8.setFlagsFromString;
  v8.setFlagsFromString = (flag) => {
    process.stdout.write(flag + '\\n');
    set(flag);
  };
  syncBuiltinESMExports();
`;

async function mbOf(script: string, how: string): Promise<number> {
  const module = new URL('heap-growth.ts', import.meta.url).href;
  // One thread: what is collected when does not depend on how busy the machine is.
  const flags = ['--single-threaded', '--expose-gc', '--max-semi-space-size=2', '--input-type=module', '--no-warnings'];
  const { stdout } = await run(process.execPath, [...flags, '-e', script, module, how], {
    env: { ...process.env, NODE_OPTIONS: '' },
  });
  return Number(stdout);
}

test('what requests leave behind is collected long before V8 would collect it by itself', async () => {
  const [small, usual] = [await mbOf(script, 'small'), await mbOf(script, 'usual')];
  expect(small).toBeGreaterThan(0);
  expect(small * 1.3).toBeLessThan(usual);
}, 30_000);

test('what is made for an answer is not made among what is old, though all of it stayed while the cache filled', async () => {
  const [young, usual] = [await mbOf(answersScript, 'young'), await mbOf(answersScript, 'usual')];
  expect(young).toBeGreaterThanOrEqual(0);
  expect(young * 10 + 10).toBeLessThan(usual);
}, 30_000);

test('the app sets both before anything else: without a configuration it ends, and has set them', async () => {
  const main = fileURLToPath(new URL('main.ts', import.meta.url));
  const watcher = `data:text/javascript,${encodeURIComponent(watchFlags)}`;
  const ended: unknown = await run(process.execPath, ['--no-warnings', '--import', watcher, main], { env: {} }).catch(
    (error: unknown) => error,
  );
  const { stdout, stderr } = ended as { stdout: string; stderr: string };
  expect(`${stdout}${stderr}`).toContain('the configuration does not fit');
  expect(stdout).toContain(`--heap-growing-percent=${HEAP_GROWTH_PERCENT}\n--no-allocation-site-pretenuring\n`);
}, 30_000);

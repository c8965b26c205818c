import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { expect, test } from '@jest/globals';

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

async function mostMb(how: 'small' | 'usual'): Promise<number> {
  const module = new URL('heap-growth.ts', import.meta.url).href;
  // One thread: what is collected when does not depend on how busy the machine is.
  const flags = ['--single-threaded', '--expose-gc', '--max-semi-space-size=2', '--input-type=module', '--no-warnings'];
  const { stdout } = await promisify(execFile)(process.execPath, [...flags, '-e', script, module, how], {
    env: { ...process.env, NODE_OPTIONS: '' },
  });
  return Number(stdout);
}

test('what requests leave behind is collected long before V8 would collect it by itself', async () => {
  const [small, usual] = [await mostMb('small'), await mostMb('usual')];
  expect(small).toBeGreaterThan(0);
  expect(small * 1.3).toBeLessThan(usual);
}, 30_000);

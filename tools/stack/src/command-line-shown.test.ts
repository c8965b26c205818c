import { expect, test } from '@jest/globals';
import { commandLineShown } from './command-line-shown.ts';

const never = new Promise<never>(() => {});

test('a process whose command line the kernel has not set yet is waited for', async () => {
  const shown = [undefined, undefined, 'postgres -D folder', 'postgres -D folder'];
  await commandLineShown(4711, never, () => shown.shift());
  expect(shown).toEqual(['postgres -D folder']);
});

test('a process that ended before it had one is waited for no longer', async () => {
  let looks = 0;
  await commandLineShown(4711, Promise.resolve(), () => {
    looks += 1;
    return undefined;
  });
  expect(looks).toBeLessThan(10);
});

import { expect, test } from '@jest/globals';
import { atTheirInstants } from './at-their-instants.ts';

test('nobody waits for those before, and it ends when all have', async () => {
  const ended: string[] = [];
  let letGo: () => void = () => undefined;
  const secondBegan = new Promise<void>((resolve) => (letGo = resolve));
  await atTheirInstants(
    [
      { atMs: 0, name: 'first' },
      { atMs: 1, name: 'second' },
    ],
    async ({ name }) => {
      if (name === 'first') await secondBegan;
      else letGo();
      ended.push(name);
    },
  );
  expect(ended.toSorted()).toEqual(['first', 'second']);
});

test('each begins at its instant or after it, and is told which', async () => {
  const instants: { meantAt: number; at: number }[] = [];
  await atTheirInstants([{ atMs: 0 }, { atMs: 5 }, { atMs: 20 }], async (_item, meantAt) => {
    instants.push({ meantAt, at: performance.now() });
  });
  const [first] = instants;
  expect(instants.map(({ meantAt }) => Math.round(meantAt - (first?.meantAt ?? 0)))).toEqual([0, 5, 20]);
  // timers may fire a millisecond early
  expect(instants.every(({ meantAt, at }) => at >= meantAt - 1)).toBe(true);
});

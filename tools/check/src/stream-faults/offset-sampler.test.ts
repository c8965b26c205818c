import { expect, test } from '@jest/globals';
import type { ClusterView } from './cluster-view.adapter.ts';
import { OffsetSampler } from './offset-sampler.ts';
import type { World } from './world.ts';

test('looks that are asked for at once are taken one after the other: no offset seems to go back', async () => {
  let offset = 0;
  const held: (() => void)[] = [];
  const view = {
    committed: async () => [(offset += 1)],
    ends: () => new Promise<number[]>((resolve) => held.push(() => resolve([offset]))),
  } as unknown as ClusterView;
  const stopped = AbortSignal.abort(); // its own looks would only be in the way
  const sampler = new OffsetSampler({ view, signal: stopped } as World, { groupId: 'g', input: 'in', output: 'out' });
  const looks = [sampler.sample(), sampler.sample(), sampler.sample()];
  let over = false;
  const all = Promise.all(looks).then(() => (over = true));
  while (!over) {
    held.pop()?.(); // the last question is answered first
    await new Promise((resolve) => setImmediate(resolve));
  }
  await all;
  expect(sampler.samples.map(({ committed }) => committed)).toEqual([[1], [2], [3]]);
});

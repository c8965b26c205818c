import { describe, expect, test } from '@jest/globals';
import { describeEstimateCache } from '../../testing/conformance.ts';
import { memoryWorld } from '../../testing/memory-world.ts';
import { estimateOf, factsOf, storyOf } from '../../testing/story.ts';
import { memoryEstimateCache } from './memory-estimate-cache.ts';

describeEstimateCache('in memory', memoryWorld);

describe('a cache that fails on demand', () => {
  const clock = { now: () => 1_000_000 };

  test('answers nothing and does nothing while unavailable, and goes on afterwards', async () => {
    const cache = memoryEstimateCache({ clock });
    cache.faults.unavailable = true;
    const unavailable = { code: 'CACHE_UNAVAILABLE', fate: 'retry' };
    await expect(cache.read(['p1'])).rejects.toMatchObject(unavailable);
    await expect(cache.acquire([{ propertyId: 'p1', nonce: 'n1' }], 's')).rejects.toMatchObject(unavailable);
    await expect(cache.invalidate([{ propertyId: 'p1', visibilityVersion: 1 }])).rejects.toMatchObject(unavailable);
    cache.faults.unavailable = false;
    expect(cache.stateOf('p1')).toEqual({ value: null, flight: null });
    expect(await cache.acquire([{ propertyId: 'p1', nonce: 'n1' }], 's')).toMatchObject([{ outcome: 'win' }]);
  });

  test('does what it was told though the answer is lost', async () => {
    const cache = memoryEstimateCache({ clock });
    cache.faults.losesAnswers = true;
    await expect(cache.acquire([{ propertyId: 'p1', nonce: 'n1' }], 'w')).rejects.toMatchObject({
      code: 'CACHE_UNAVAILABLE',
    });
    expect(cache.stateOf('p1').flight?.lease).toMatchObject({ nonce: 'n1', class: 'w' });
  });
});

test('a TTL is cut by chance, at most by a tenth', async () => {
  const draws = [0, 0.999_999];
  const cache = memoryEstimateCache({ clock: { now: () => 1_000_000 }, random: () => draws.shift() ?? 0 });
  const lives = [];
  for (const propertyId of ['p1', 'p2']) {
    const [answer] = await cache.acquire([{ propertyId, nonce: 'n' }], 's');
    if (answer?.outcome !== 'win') throw new Error('nobody else asked');
    const { ticket } = answer;
    const [filled] = await cache.fill([{ propertyId, class: 's', ticket, facts: factsOf(1), estimate: estimateOf(1) }]);
    if (filled?.outcome !== 'ok') throw new Error('nothing else was stored');
    lives.push(filled.stored.hardExpiryAt - filled.stored.acquiredAt);
  }
  expect(lives).toEqual([300_000, 270_000]);
});

test('an estimate of too many bytes is refused by name', async () => {
  const world = await memoryWorld({ payloadBytesMax: 40 });
  const home = storyOf(world, 'p1');
  await expect(home.fill(await home.ticketFrom(), factsOf(1), estimateOf(1))).rejects.toMatchObject({
    code: 'PAYLOAD_TOO_LARGE',
    fate: 'park',
  });
});

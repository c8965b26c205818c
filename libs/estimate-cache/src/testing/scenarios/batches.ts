import { expect } from '@jest/globals';
import { randomNonce } from '../../nonce.ts';
import { estimateOf, factsOf, jsonOf } from '../story.ts';
import type { Scenarios } from './scenario.ts';

const idsFrom = (home: { propertyId: string }, count: number): string[] =>
  Array.from({ length: count }, (_, i) => `${home.propertyId}_${i}`);

export const batchScenarios: Scenarios = {
  'three hundred homes are leased, filled and read by one call each, and answered in the order asked': async (
    home,
    world,
  ) => {
    const ids = idsFrom(home, 300);
    const requests = ids.map((propertyId) => ({ propertyId, nonce: randomNonce() }));
    const tickets = await world.cache.acquire(requests, 's');
    const fills = tickets.flatMap((answer, i) =>
      answer.outcome === 'win' && i % 3 !== 0
        ? [
            {
              propertyId: ids[i] ?? '',
              class: 's' as const,
              ticket: answer.ticket,
              facts: factsOf(i + 1),
              estimate: estimateOf(i + 1),
            },
          ]
        : [],
    );
    expect((await world.cache.fill(fills)).map((answer) => answer.outcome)).toEqual(fills.map(() => 'ok'));
    const read = await world.cache.read(ids);
    const expected = ids.map((propertyId, i) => (i % 3 === 0 ? null : [propertyId, i + 1, jsonOf(i + 1)]));
    expect(read.map((v) => v && [v.propertyId, v.facts.visibilityVersion, v.estimateJson?.toString()])).toEqual(
      expected,
    );
  },
  'the same home twice in a batch is taken in order': async (home, world) => {
    const { propertyId } = home;
    const requests = [randomNonce(), randomNonce()].map((nonce) => ({ propertyId, nonce }));
    const answers = await world.cache.acquire(requests, 's');
    expect(answers.map((answer) => answer.outcome)).toEqual(['win', 'wait']);
  },
  'an empty batch is answered with an empty one': async (home, world) => {
    const { cache } = world;
    const answers = [
      await cache.read([]),
      await cache.acquire([], 's'),
      await cache.fill([]),
      await cache.invalidate([]),
      await cache.update([]),
      await cache.touch([]),
      await cache.recheck([]),
    ];
    await cache.release([]);
    await cache.forget([]);
    expect(answers).toEqual([[], [], [], [], [], [], []]);
    expect(await home.read()).toBeNull();
  },
  'an id that would leave its slot is refused, and its batch with it': async (home, world) => {
    await expect(world.cache.read(['{a}b'])).rejects.toMatchObject({ code: 'BAD_CACHE_ENTRY', fate: 'park' });
    const batch = [home.propertyId, ''].map((propertyId) => ({ propertyId, nonce: randomNonce() }));
    await expect(world.cache.acquire(batch, 's')).rejects.toMatchObject({ code: 'BAD_CACHE_ENTRY' });
    expect(await home.state()).toEqual({ value: null, flight: null });
  },
  'what could not be read back is refused before anything is sent': async (home, world) => {
    const ticket = await home.ticketFrom();
    const bad = { code: 'BAD_CACHE_ENTRY', fate: 'park' };
    await expect(home.fill(ticket, factsOf(1, { mlsId: 'a|b' }), estimateOf(1))).rejects.toMatchObject(bad);
    await expect(home.fill(ticket, factsOf(1.5), estimateOf(1))).rejects.toMatchObject(bad);
    await expect(home.fill(ticket, factsOf(1), { ...estimateOf(1), lowUsd: NaN })).rejects.toMatchObject(bad);
    await expect(home.fill({ ...ticket, acquiredAt: 1.5 }, factsOf(1), null)).rejects.toMatchObject(bad);
    await expect(home.touch(1, NaN)).rejects.toMatchObject(bad);
    await expect(home.invalidate(0)).rejects.toMatchObject(bad);
    await expect(home.update(2 ** 53, null)).rejects.toMatchObject(bad);
    expect((await home.state()).flight?.lease?.nonce).toBe(ticket.nonce);
    expect(await world.cache.read([home.propertyId])).toEqual([null]);
  },
  'a partition is alive for 15 s after a beat': async (home, world) => {
    const { progress } = world;
    await progress.beat([1, 3]);
    expect(await progress.alive([1, 2, 3])).toEqual(new Set([1, 3]));
    await world.pass(10_000);
    await progress.beat([3]);
    await world.pass(6_000);
    expect(await progress.alive([1, 2, 3])).toEqual(new Set([3]));
    expect(await progress.alive([])).toEqual(new Set());
    expect(await home.read()).toBeNull();
  },
};

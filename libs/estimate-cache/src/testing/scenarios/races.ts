import { expect } from '@jest/globals';
import { estimateOf, factsOf, jsonOf } from '../story.ts';
import type { Scenarios } from './scenario.ts';

/** The interleavings that a plain cache gets wrong; each is one order of steps, written out. */
export const raceScenarios: Scenarios = {
  'R1 stale set: what was read before a change is not stored after it': async (home) => {
    const user = await home.ticketFrom();
    const readBeforeTheChange = factsOf(1);
    expect(await home.invalidate(2)).toBe('fenced');
    expect(await home.fill(user, readBeforeTheChange, estimateOf(1))).toEqual({ outcome: 'epoch' });
    expect(await home.fill(user, factsOf(2), estimateOf(1))).toEqual({ outcome: 'epoch' });
    expect(await home.served()).toBeNull();
  },
  'R2 old over new: a slow warm-up does not overwrite what a user stored meanwhile': async (home, world) => {
    const warm = await home.ticketFrom({ class: 'w' });
    await world.pass(10);
    const user = await home.ticketFrom({ class: 's' });
    await home.fill(user, factsOf(2), estimateOf(2));
    expect(await home.fill(warm, factsOf(1), estimateOf(1), 'w')).toMatchObject({ outcome: 'older' });
    expect(await home.served()).toEqual({ facts: 2, estimate: jsonOf(2) });
  },
  'R3 forgotten version: an eviction of everything does not let an old fill in': async (home) => {
    const user = await home.ticketFrom();
    await home.invalidate(2);
    await home.evict('flight');
    await home.evict('value');
    expect(await home.fill(user, factsOf(1), estimateOf(1))).toEqual({ outcome: 'epoch' });
    await home.ticketFrom();
    expect(await home.fill(user, factsOf(1), estimateOf(1))).toEqual({ outcome: 'epoch' });
    expect(await home.served()).toBeNull();
  },
  'R4 lagging source: a ticket drawn after the change does not store facts from before it': async (home) => {
    await home.ticketFrom({ class: 'w' });
    await home.invalidate(2);
    const user = await home.ticketFrom();
    expect(await home.fill(user, factsOf(1), estimateOf(1))).toEqual({ outcome: 'behind' });
    expect(await home.served()).toBeNull();
    expect(await home.fill(user, factsOf(2), estimateOf(1))).toMatchObject({ outcome: 'ok' });
    expect(await home.served()).toEqual({ facts: 2, estimate: jsonOf(1) });
  },
  'R8 negative entry: a none read before the first estimate does not hide it': async (home, world) => {
    const user = await home.ticketFrom();
    await world.pass(10);
    await home.update(1, estimateOf(1));
    expect(await home.fill(user, factsOf(1), null)).toEqual({ outcome: 'below' });
    expect(await home.served()).toBeNull();
  },
  'R9 status change: a home that goes active is refilled with the short life': async (home) => {
    await home.store(factsOf(1, { status: 'off_market' }), estimateOf(1));
    await home.invalidate(2);
    const stored = await home.store(factsOf(2), estimateOf(1));
    expect(stored.hardExpiryAt - stored.acquiredAt).toBe(300_000);
  },
};

import { expect } from '@jest/globals';
import { estimateOf, factsOf, jsonOf } from '../story.ts';
import type { Scenarios } from './scenario.ts';

export const changeScenarios: Scenarios = {
  'an invalidation removes older facts at once': async (home) => {
    await home.store(factsOf(1), estimateOf(1));
    await home.evict('flight');
    expect(await home.invalidate(2)).toBe('removed');
    expect(await home.state()).toEqual({ value: null, flight: null });
  },
  'an invalidation writes nothing for a home that nobody holds': async (home) => {
    expect(await home.invalidate(2)).toBe('absent');
    expect(await home.state()).toEqual({ value: null, flight: null });
  },
  'an invalidation of a home in flight fences it, draws another epoch and frees the lease': async (home) => {
    const ticket = await home.ticketFrom();
    expect(await home.invalidate(2)).toBe('fenced');
    const { flight } = await home.state();
    expect(flight).toMatchObject({ factsFence: 2, lease: null });
    expect(flight?.epoch).not.toBe(ticket.epoch);
  },
  'a replayed invalidation removes no value that is new enough': async (home) => {
    await home.store(factsOf(3), estimateOf(1));
    expect(await home.invalidate(2)).toBe('already');
    expect(await home.invalidate(3)).toBe('already');
    expect(await home.served()).toEqual({ facts: 3, estimate: jsonOf(1) });
  },
  'an invalidation that finds a new enough value still raises the fence, and keeps the epoch': async (home) => {
    const slow = await home.ticketFrom({ class: 'w' });
    await home.store(factsOf(3), estimateOf(1));
    expect(await home.invalidate(3)).toBe('already');
    expect((await home.state()).flight).toMatchObject({ epoch: slow.epoch, factsFence: 3 });
    await home.evict('value');
    expect(await home.fill(slow, factsOf(2), estimateOf(1), 'w')).toEqual({ outcome: 'behind' });
    expect(await home.read()).toBeNull();
  },
  'fences never sink': async (home) => {
    await home.ticketFrom();
    await home.invalidate(5);
    await home.invalidate(2);
    await home.update(6, estimateOf(6));
    await home.update(3, estimateOf(3));
    expect((await home.state()).flight).toMatchObject({ factsFence: 5, estimateFence: 6 });
  },
  'a change keeps the fence alive for keepMs more': async (home, world) => {
    await home.ticketFrom();
    await world.pass(100_000);
    await home.invalidate(2);
    await world.pass(100_000);
    expect((await home.state()).flight).toMatchObject({ factsFence: 2 });
    await home.update(2, estimateOf(2));
    await world.pass(100_000);
    expect((await home.state()).flight).toMatchObject({ factsFence: 2, estimateFence: 2 });
  },
  'an update shows the new estimate without a fetch; facts and every expiry stay': async (home, world) => {
    const before = await home.store(factsOf(2), estimateOf(3));
    await world.pass(100_000);
    expect(await home.update(4, estimateOf(4))).toBe('updated');
    const after = { ...before, estimateVersion: 4, estimateJson: Buffer.from(jsonOf(4)) };
    expect(await home.read()).toEqual(after);
    await world.pass(201_000);
    expect(await home.read()).toBeNull();
  },
  'an update that is not newer changes nothing': async (home) => {
    const before = await home.store(factsOf(2), estimateOf(3));
    expect(await home.update(3, estimateOf(3))).toBe('older');
    expect(await home.update(2, null)).toBe('older');
    expect(await home.read()).toEqual(before);
  },
  'a withdrawal stores none with its version, and an older update does not undo it': async (home) => {
    await home.store(factsOf(2), estimateOf(3));
    expect(await home.update(5, null)).toBe('updated');
    expect(await home.read()).toMatchObject({ estimateVersion: 5, estimateJson: null });
    expect(await home.update(4, estimateOf(4))).toBe('older');
    expect(await home.served()).toEqual({ facts: 2, estimate: null });
  },
  'a first estimate removes a fetched none, and the next reader fetches it': async (home) => {
    await home.store(factsOf(2), null);
    expect(await home.update(1, estimateOf(1))).toBe('removed');
    expect(await home.served()).toBeNull();
  },
  'an update that comes late does not replace a none that was fetched after the withdrawal': async (home) => {
    expect(await home.update(2, null)).toBe('absent');
    await home.store(factsOf(2), null);
    expect(await home.update(1, estimateOf(1))).toBe('removed');
    expect(await home.served()).toBeNull();
  },
  'a withdrawal gives a fetched none its version': async (home) => {
    await home.store(factsOf(2), null);
    expect(await home.update(2, null)).toBe('updated');
    expect(await home.update(1, estimateOf(1))).toBe('older');
    expect(await home.read()).toMatchObject({ estimateVersion: 2, estimateJson: null });
  },
  'an update creates nothing': async (home) => {
    expect(await home.update(4, estimateOf(4))).toBe('absent');
    expect(await home.state()).toEqual({ value: null, flight: null });
  },
  'an update and an invalidation end in the same state, whichever comes first': async (home, world) => {
    const endOf = async (changes: (() => Promise<unknown>)[]) => {
      await home.evict('flight');
      await home.evict('value');
      await home.store(factsOf(1), estimateOf(1));
      for (const change of changes) await change();
      await world.pass(10);
      const { flight } = await home.state();
      return { served: await home.served(), fences: [flight?.factsFence, flight?.estimateFence] };
    };
    const invalidate = () => home.invalidate(2);
    const update = () => home.update(2, estimateOf(2));
    expect(await endOf([invalidate, update])).toEqual({ served: null, fences: [2, 2] });
    expect(await endOf([update, invalidate])).toEqual({ served: null, fences: [2, 2] });
  },
  'a check that found the same version raises checkedAt and extends no life': async (home, world) => {
    const before = await home.store(factsOf(2, { checkedAt: 500 }), estimateOf(3));
    await world.pass(200_000);
    expect(await home.touch(2, 700)).toBe('touched');
    expect(await home.read()).toEqual({ ...before, facts: { ...before.facts, checkedAt: 700 } });
    await world.pass(101_000);
    expect(await home.read()).toBeNull();
  },
  'a check never takes checkedAt back': async (home) => {
    await home.store(factsOf(2, { checkedAt: 500 }), estimateOf(3));
    expect(await home.touch(2, 400)).toBe('touched');
    expect(await home.read()).toMatchObject({ facts: { checkedAt: 500 } });
  },
  'a check of another version raises nothing': async (home) => {
    const before = await home.store(factsOf(2, { checkedAt: 500 }), estimateOf(3));
    expect(await home.touch(1, 900)).toBe('changed');
    expect(await home.touch(3, 900)).toBe('changed');
    expect(await home.read()).toEqual(before);
  },
  'a check creates nothing': async (home) => {
    expect(await home.touch(1, 900)).toBe('absent');
    expect(await home.state()).toEqual({ value: null, flight: null });
  },
};

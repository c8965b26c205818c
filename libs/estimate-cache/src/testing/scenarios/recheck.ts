import { expect } from '@jest/globals';
import { estimateOf, factsOf } from '../story.ts';
import type { Scenarios } from './scenario.ts';

export const recheckScenarios: Scenarios = {
  'a ticket that was just drawn is worth paying for, also after its lease ended': async (home, world) => {
    const ticket = await home.ticketFrom({ class: 'w' });
    expect(await home.recheck(ticket, 1)).toBe(true);
    await world.pass(20_000);
    expect(await home.recheck(ticket, 1)).toBe(true);
  },
  'not once somebody filled the home': async (home) => {
    const ticket = await home.ticketFrom({ class: 'w' });
    await home.store(factsOf(1), estimateOf(1));
    expect(await home.recheck(ticket, 1)).toBe(false);
  },
  'a refresh is, while the value is the one seen, and not once it was renewed': async (home, world) => {
    const { softExpiryAt } = await home.store(factsOf(1), estimateOf(1));
    await world.pass(260_000);
    const ticket = await home.ticketFrom({ class: 'w', seenSoftExpiryAt: softExpiryAt });
    expect(await home.recheck(ticket, 1)).toBe(true);
    const user = await home.ticketFrom({ seenSoftExpiryAt: softExpiryAt });
    await home.fill(user, factsOf(1), estimateOf(1));
    expect(await home.recheck(ticket, 1)).toBe(false);
  },
  'not once somebody whose lease had ended renewed the value after all': async (home, world) => {
    const { softExpiryAt } = await home.store(factsOf(1), estimateOf(1));
    await world.pass(260_000);
    const late = await home.ticketFrom({ seenSoftExpiryAt: softExpiryAt });
    await world.pass(2_000);
    const next = await home.ticketFrom({ seenSoftExpiryAt: softExpiryAt });
    await home.fill(late, factsOf(1), estimateOf(1));
    expect((await home.state()).flight?.lease?.nonce).toBe(next.nonce);
    expect(await home.recheck(next, 1)).toBe(false);
  },
  'not once the home was invalidated or its flight evicted': async (home) => {
    const ticket = await home.ticketFrom();
    await home.invalidate(2);
    expect(await home.recheck(ticket, 2)).toBe(false);
    const again = await home.ticketFrom();
    expect(await home.recheck(again, 2)).toBe(true);
    await home.evict('flight');
    expect(await home.recheck(again, 2)).toBe(false);
  },
  'not with facts below the fence': async (home) => {
    await home.ticketFrom();
    await home.invalidate(4);
    const ticket = await home.ticketFrom();
    expect(await home.recheck(ticket, 3)).toBe(false);
    expect(await home.recheck(ticket, 4)).toBe(true);
  },
  'not without the lease: given up, taken by a user, or by the next after it ended': async (home, world) => {
    const released = await home.ticketFrom({ class: 'w' });
    await home.release(released.nonce);
    expect(await home.recheck(released, 1)).toBe(false);
    const ended = await home.ticketFrom({ class: 'w' });
    await world.pass(16_000);
    const next = await home.ticketFrom({ class: 'w' });
    expect(await home.recheck(ended, 1)).toBe(false);
    expect(await home.recheck(next, 1)).toBe(true);
  },
  'not with a ticket whose epoch is gone, though its record was delivered again and holds the lease': async (home) => {
    const first = await home.ticketFrom({ class: 'w', nonce: 'a record' });
    await home.evict('flight');
    const second = await home.ticketFrom({ class: 'w', nonce: 'a record' });
    expect([await home.recheck(first, 1), await home.recheck(second, 1)]).toEqual([false, true]);
  },
  'also with an old ticket, as long as its flight lives; not after that': async (home, world) => {
    const ticket = await home.ticketFrom({ class: 'w' });
    await world.pass(70_000);
    await home.update(1, estimateOf(1));
    await world.pass(60_000);
    expect(await home.recheck(ticket, 1)).toBe(true);
    await world.pass(61_000);
    expect(await home.recheck(ticket, 1)).toBe(false);
  },
};

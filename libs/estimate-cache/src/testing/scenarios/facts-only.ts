import { expect } from '@jest/globals';
import { estimateOf, factsOf, jsonOf } from '../story.ts';
import type { Scenarios } from './scenario.ts';

/** The facts of a home that whoever read them might not see: kept alone, since nobody paid for the estimate. */
export const factsOnlyScenarios: Scenarios = {
  'facts alone are read as they were stored, and live as long as an estimate would': async (home, world) => {
    const facts = factsOf(3, { status: 'off_market', overrideLevel: 'nobody' });
    const ticket = await home.ticketFrom({ class: 'w' });
    const expected = {
      propertyId: home.propertyId,
      class: 'w',
      facts,
      isFactsOnly: true,
      estimateVersion: null,
      acquiredAt: ticket.acquiredAt,
      softExpiryAt: ticket.acquiredAt + 12_240_000,
      hardExpiryAt: ticket.acquiredAt + 14_400_000,
      estimateJson: null,
    };
    expect(await home.fill(ticket, facts, 'unknown', 'w')).toEqual({ outcome: 'ok', stored: expected });
    expect(await home.read()).toEqual(expected);
    expect((await home.state()).flight?.lease).toBeNull();
    await world.pass(14_401_000);
    expect(await home.read()).toBeNull();
  },
  'an active home that is hidden is kept for 5 minutes, and not as short as a none': async (home) => {
    const stored = await home.store(factsOf(1), 'unknown');
    expect(stored.hardExpiryAt - stored.acquiredAt).toBe(300_000);
  },
  'facts alone are no hit: whoever may see the home wins a ticket at once, a user as well as a warm-up': async (
    home,
  ) => {
    await home.store(factsOf(1), 'unknown');
    const warm = await home.ticketFrom({ class: 'w' });
    expect(await home.ticketFrom()).toMatchObject({ epoch: warm.epoch });
    expect(await home.served()).toEqual({ facts: 1, estimate: 'unknown' });
  },
  'nor a hit for a refresh that saw another value, or this one': async (home) => {
    const { softExpiryAt } = await home.store(factsOf(1), 'unknown');
    const asked = await home.ticketFrom({ seenSoftExpiryAt: softExpiryAt });
    await home.release(asked.nonce);
    expect(await home.ask({ seenSoftExpiryAt: softExpiryAt + 1 })).toMatchObject({ outcome: 'win' });
  },
  'whoever fetches beside facts alone is waited for like any other': async (home) => {
    await home.store(factsOf(1), 'unknown');
    await home.ticketFrom();
    expect(await home.ask()).toMatchObject({ outcome: 'wait' });
  },
  'facts alone, then a fetched estimate: it is stored, also with an older ticket': async (home, world) => {
    const early = await home.ticketFrom({ class: 'w' });
    await world.pass(10);
    await home.store(factsOf(2), 'unknown');
    expect(await home.fill(early, factsOf(1), estimateOf(1), 'w')).toMatchObject({
      outcome: 'ok',
      stored: { isFactsOnly: false, acquiredAt: early.acquiredAt, hardExpiryAt: early.acquiredAt + 300_000 },
    });
    expect(await home.served()).toEqual({ facts: 2, estimate: jsonOf(1) });
  },
  'facts alone, then a fetched none: that there is none is known now': async (home) => {
    await home.store(factsOf(1), 'unknown');
    await home.store(factsOf(1), null);
    expect(await home.served()).toEqual({ facts: 1, estimate: null });
    expect(await home.ask()).toEqual({ outcome: 'hit' });
  },
  'an estimate, then facts alone that come late: the estimate stays': async (home, world) => {
    const hidden = await home.ticketFrom({ class: 'w' });
    await world.pass(10);
    const user = await home.ticketFrom();
    await home.fill(user, factsOf(1), estimateOf(1));
    const answer = await home.fill(hidden, factsOf(1, { checkedAt: 1 }), 'unknown', 'w');
    expect(answer).toMatchObject({ outcome: 'older', stored: { isFactsOnly: false, estimateVersion: 1 } });
    expect(await home.served()).toEqual({ facts: 1, estimate: jsonOf(1) });
  },
  'an estimate, then facts alone of a later ticket and a newer version: newer facts beside the same estimate': async (
    home,
    world,
  ) => {
    const before = await home.store(factsOf(1), estimateOf(1));
    await world.pass(10);
    const later = await home.ticketFrom({ seenSoftExpiryAt: before.softExpiryAt });
    const answer = await home.fill(later, factsOf(2), 'unknown');
    expect(answer).toMatchObject({ outcome: 'ok', stored: { facts: { visibilityVersion: 2 }, estimateVersion: 1 } });
    expect(await home.read()).toEqual({ ...before, facts: factsOf(2) });
  },
  'a none, then facts alone of a later ticket: it is still known that there is none': async (home, world) => {
    const before = await home.store(factsOf(1), null);
    await world.pass(10);
    const later = await home.ticketFrom({ seenSoftExpiryAt: before.softExpiryAt });
    expect(await home.fill(later, factsOf(1), 'unknown')).toMatchObject({ outcome: 'older' });
    expect(await home.read()).toEqual(before);
  },
  'facts alone that are read again are renewed': async (home, world) => {
    const before = await home.store(factsOf(1), 'unknown');
    await world.pass(200_000);
    const after = await home.store(factsOf(1, { checkedAt: 2_000_000 }), 'unknown');
    expect(after.hardExpiryAt - before.hardExpiryAt).toBeGreaterThanOrEqual(200_000);
    expect(after.facts.checkedAt).toBe(2_000_000);
  },
  'an estimate that has ended under newer facts is not kept by them': async (home, world) => {
    const before = await home.store(factsOf(1, { status: 'off_market' }), estimateOf(1));
    await world.pass(400_000);
    const later = await home.ticketFrom({ seenSoftExpiryAt: before.softExpiryAt });
    expect(await home.fill(later, factsOf(2), 'unknown')).toEqual({ outcome: 'below' });
    expect(await home.read()).toBeNull();
  },
  'facts alone below the fence, or under another epoch, are refused like any other': async (home) => {
    await home.ticketFrom();
    await home.invalidate(3);
    const behind = await home.ticketFrom();
    expect(await home.fill(behind, factsOf(2), 'unknown')).toEqual({ outcome: 'behind' });
    const early = await home.ticketFrom();
    await home.invalidate(4);
    expect(await home.fill(early, factsOf(4), 'unknown')).toEqual({ outcome: 'epoch' });
    expect(await home.read()).toBeNull();
  },
  'an estimate fence does not refuse facts alone: they carry none': async (home) => {
    const ticket = await home.ticketFrom();
    await home.update(7, estimateOf(7));
    expect(await home.fill(ticket, factsOf(1), 'unknown')).toMatchObject({ outcome: 'ok' });
    expect(await home.served()).toEqual({ facts: 1, estimate: 'unknown' });
  },
  'an update leaves facts alone as they are, and still raises the fence for who fetches': async (home) => {
    const before = await home.store(factsOf(1), 'unknown');
    const slow = await home.ticketFrom();
    expect(await home.update(2, estimateOf(2))).toBe('absent');
    expect(await home.update(1, null)).toBe('absent');
    expect(await home.read()).toEqual(before);
    expect(await home.fill(slow, factsOf(1), estimateOf(1))).toEqual({ outcome: 'below' });
    expect(await home.read()).toEqual(before);
  },
  'a home that is shown again: the change removes facts alone, and the estimate is fetched at once': async (home) => {
    await home.store(factsOf(1, { overrideLevel: 'nobody' }), 'unknown');
    expect(await home.invalidate(1)).toBe('already');
    expect(await home.invalidate(2)).toBe('removed');
    expect(await home.served()).toBeNull();
    await home.store(factsOf(2), estimateOf(1));
    expect(await home.served()).toEqual({ facts: 2, estimate: jsonOf(1) });
  },
  'two fills under one epoch, facts alone last and newer: the estimate is there for who may see it now': async (
    home,
  ) => {
    const paid = await home.ticketFrom({ class: 'w' });
    const unpaid = await home.ticketFrom();
    expect(unpaid.epoch).toBe(paid.epoch);
    await home.fill(paid, factsOf(1, { overrideLevel: 'nobody' }), estimateOf(1), 'w');
    await home.fill(unpaid, factsOf(2), 'unknown');
    expect(await home.served()).toEqual({ facts: 2, estimate: jsonOf(1) });
  },
  'two fills under one epoch, facts alone first: the other one is stored as well': async (home) => {
    const paid = await home.ticketFrom({ class: 'w' });
    const unpaid = await home.ticketFrom();
    await home.fill(unpaid, factsOf(2, { overrideLevel: 'nobody' }), 'unknown');
    expect(await home.fill(paid, factsOf(1), estimateOf(1), 'w')).toMatchObject({ outcome: 'ok' });
    expect(await home.read()).toMatchObject({ facts: factsOf(2, { overrideLevel: 'nobody' }), estimateVersion: 1 });
  },
  'a check raises checkedAt of facts alone, and makes nothing else of them': async (home) => {
    const before = await home.store(factsOf(2, { checkedAt: 500 }), 'unknown');
    expect(await home.touch(2, 700)).toBe('touched');
    expect(await home.touch(3, 900)).toBe('changed');
    expect(await home.read()).toEqual({ ...before, facts: { ...before.facts, checkedAt: 700 } });
  },
  'before paying, facts alone are nothing that somebody has filled': async (home) => {
    const warm = await home.ticketFrom({ class: 'w' });
    await home.store(factsOf(1), 'unknown');
    expect(await home.recheck(warm, 1)).toBe(false); // its lease is gone
    const next = await home.ticketFrom({ class: 'w' });
    expect(await home.recheck(next, 1)).toBe(true);
  },
};

import { expect } from '@jest/globals';
import { estimateOf, factsOf, jsonOf } from '../story.ts';
import type { Scenarios } from './scenario.ts';

export const fillScenarios: Scenarios = {
  'a fill is served as it was fetched, byte for byte': async (home) => {
    const facts = factsOf(3, { status: 'off_market', mlsId: null, overrideLevel: 'verified' });
    const ticket = await home.ticketFrom();
    const answer = await home.fill(ticket, facts, estimateOf(5));
    const expected = {
      propertyId: home.propertyId,
      class: 's',
      facts,
      isFactsOnly: false,
      estimateVersion: 5,
      acquiredAt: ticket.acquiredAt,
      softExpiryAt: ticket.acquiredAt + 12_240_000,
      hardExpiryAt: ticket.acquiredAt + 14_400_000,
      estimateJson: Buffer.from(jsonOf(5)),
    };
    expect(answer).toEqual({ outcome: 'ok', stored: expected });
    expect(await home.read()).toEqual(expected);
  },
  'an active home lives 5 minutes after its ticket, an unknown status as short, a none as its own': async (home) => {
    const ttlOf = async (status: 'active' | 'off_market' | 'unknown', estimate: 1 | null) => {
      await home.evict('value');
      const stored = await home.store(factsOf(1, { status }), estimate && estimateOf(1));
      return [stored.softExpiryAt - stored.acquiredAt, stored.hardExpiryAt - stored.acquiredAt];
    };
    expect(await ttlOf('active', 1)).toEqual([255_000, 300_000]);
    expect(await ttlOf('unknown', 1)).toEqual([255_000, 300_000]);
    expect(await ttlOf('off_market', null)).toEqual([170_000, 200_000]);
  },
  'a late fill is not served longer than one in time: its life began with the ticket': async (home, world) => {
    const ticket = await home.ticketFrom({ class: 'w' });
    await world.pass(100_000);
    expect(await home.fill(ticket, factsOf(1), estimateOf(1), 'w')).toMatchObject({
      outcome: 'ok',
      stored: { class: 'w', hardExpiryAt: ticket.acquiredAt + 300_000 },
    });
    await world.pass(201_000);
    expect(await home.read()).toBeNull();
  },
  'a home without an estimate is cached as none': async (home) => {
    await home.store(factsOf(1), null);
    expect(await home.read()).toMatchObject({ estimateVersion: null, estimateJson: null });
  },
  'every fill gives its lease back, refused or not': async (home) => {
    const ok = await home.ticketFrom();
    await home.fill(ok, factsOf(1), estimateOf(1));
    expect((await home.state()).flight?.lease).toBeNull();
    await home.evict('value');
    await home.invalidate(5);
    const behind = await home.ticketFrom();
    expect(await home.fill(behind, factsOf(4), estimateOf(1))).toEqual({ outcome: 'behind' });
    expect((await home.state()).flight?.lease).toBeNull();
  },
  'a fill does not give back the lease of somebody else': async (home) => {
    const warm = await home.ticketFrom({ class: 'w' });
    const user = await home.ticketFrom({ class: 's' });
    expect(await home.fill(warm, factsOf(1), estimateOf(1), 'w')).toMatchObject({ outcome: 'ok' });
    expect((await home.state()).flight?.lease?.nonce).toBe(user.nonce);
  },
  'epoch present: without its flight a ticket fills nothing': async (home) => {
    const ticket = await home.ticketFrom();
    await home.evict('flight');
    expect(await home.fill(ticket, factsOf(1), estimateOf(1))).toEqual({ outcome: 'epoch' });
    expect(await home.read()).toBeNull();
  },
  'epoch equal: a ticket from before an invalidation fills nothing, even with new facts': async (home) => {
    const ticket = await home.ticketFrom();
    await home.invalidate(2);
    expect(await home.fill(ticket, factsOf(2), estimateOf(1))).toEqual({ outcome: 'epoch' });
    expect(await home.read()).toBeNull();
  },
  'fence: facts older than an invalidation fill nothing, even under a ticket drawn after it': async (home) => {
    await home.ticketFrom();
    await home.invalidate(7);
    const answer = await home.ask();
    expect(answer).toMatchObject({ outcome: 'win', factsFence: 7 });
    if (answer.outcome === 'hit') throw new Error('nothing is cached');
    expect(await home.fill(answer.ticket, factsOf(6), estimateOf(1))).toEqual({ outcome: 'behind' });
    expect(await home.fill(answer.ticket, factsOf(7), estimateOf(1))).toMatchObject({ outcome: 'ok' });
  },
  'epoch is said before behind: newer facts could not be filled under that ticket either': async (home) => {
    const ticket = await home.ticketFrom();
    await home.invalidate(2);
    expect(await home.fill(ticket, factsOf(1), estimateOf(1))).toEqual({ outcome: 'epoch' });
    expect(await home.fill(ticket, factsOf(2), estimateOf(1))).toEqual({ outcome: 'epoch' });
  },
  'versions are compared as numbers: 10 is above 9': async (home) => {
    await home.ticketFrom();
    await home.invalidate(10);
    expect(await home.fill(await home.ticketFrom(), factsOf(9), estimateOf(1))).toEqual({ outcome: 'behind' });
    const largest = Number.MAX_SAFE_INTEGER;
    await home.store(factsOf(largest, { checkedAt: 500 }), estimateOf(9));
    expect(await home.update(10, estimateOf(10))).toBe('updated');
    expect(await home.read()).toMatchObject({ facts: { visibilityVersion: largest }, estimateVersion: 10 });
  },
  'a ticket is good as long as others keep its flight alive, which knows every change since': async (home, world) => {
    const ticket = await home.ticketFrom({ class: 'w' });
    await world.pass(70_000);
    await home.ticketFrom({ class: 'w' });
    await world.pass(60_000);
    expect(await home.fill(ticket, factsOf(1), estimateOf(1), 'w')).toMatchObject({ outcome: 'ok' });
  },
  'a ticket from the future fills nothing: its value would outlive its TTL': async (home, world) => {
    const ticket = await home.ticketFrom();
    await world.pass(-60_000);
    expect(await home.fill(ticket, factsOf(1), estimateOf(1))).toEqual({ outcome: 'epoch' });
    await world.pass(60_000);
  },
  'estimate fence: an estimate older than an update fills nothing': async (home) => {
    const ticket = await home.ticketFrom();
    expect(await home.update(4, estimateOf(4))).toBe('absent');
    expect(await home.fill(ticket, factsOf(1), estimateOf(3))).toEqual({ outcome: 'below' });
    expect(await home.fill(ticket, factsOf(1), estimateOf(4))).toMatchObject({ outcome: 'ok' });
  },
  'estimate fence: a none fetched before an update fills nothing, one fetched after it does': async (home, world) => {
    const before = await home.ticketFrom();
    await world.pass(10);
    await home.update(4, estimateOf(4));
    expect(await home.fill(before, factsOf(1), null)).toEqual({ outcome: 'below' });
    await world.pass(10);
    expect(await home.fill(await home.ticketFrom(), factsOf(1), null)).toMatchObject({ outcome: 'ok' });
  },
  'estimate fence: a none whose ticket is of the very millisecond of an update fills nothing': async (home) => {
    const ticket = await home.ticketFrom();
    await home.update(4, estimateOf(4));
    const { flight } = await home.state();
    const acquiredAt = flight?.estimateFenceRoseAt ?? 0;
    expect(await home.fill({ ...ticket, acquiredAt }, factsOf(1), null)).toEqual({ outcome: 'below' });
  },
  'a repeated update does not refuse a none that was fetched after the first': async (home, world) => {
    await home.ticketFrom({ class: 'w' });
    await home.update(4, null);
    await world.pass(10);
    const after = await home.ticketFrom();
    await world.pass(10);
    await home.update(4, null);
    expect(await home.fill(after, factsOf(1), null)).toMatchObject({ outcome: 'ok' });
  },
  'join: newer facts with an older estimate keep the newer half of each': async (home, world) => {
    const { softExpiryAt } = await home.store(factsOf(1), estimateOf(5));
    await world.pass(10);
    const ticket = await home.ticketFrom({ class: 'w', seenSoftExpiryAt: softExpiryAt });
    const answer = await home.fill(ticket, factsOf(2), estimateOf(4), 'w');
    expect(answer).toMatchObject({ outcome: 'ok', stored: { class: 'w', facts: factsOf(2), estimateVersion: 5 } });
    expect(await home.served()).toEqual({ facts: 2, estimate: jsonOf(5) });
  },
  'join: older facts with a newer estimate keep the newer half of each, and its facts decide the life': async (
    home,
    world,
  ) => {
    const facts = factsOf(2, { status: 'off_market' });
    const { softExpiryAt } = await home.store(facts, estimateOf(4));
    await world.pass(10);
    const ticket = await home.ticketFrom({ seenSoftExpiryAt: softExpiryAt });
    const answer = await home.fill(ticket, factsOf(1), estimateOf(5));
    const hardExpiryAt = ticket.acquiredAt + 14_400_000;
    expect(answer).toMatchObject({ outcome: 'ok', stored: { facts, estimateVersion: 5, hardExpiryAt } });
    expect(await home.served()).toEqual({ facts: 2, estimate: jsonOf(5) });
  },
  'join: a fill of which nothing is newer is told what is stored, and changes nothing': async (home, world) => {
    const slow = await home.ticketFrom({ class: 'w' });
    await world.pass(10);
    const stored = await home.store(factsOf(2), estimateOf(5));
    expect(await home.fill(slow, factsOf(1), estimateOf(4), 'w')).toEqual({ outcome: 'older', stored });
    expect(await home.read()).toEqual(stored);
  },
  'renewal: an unchanged estimate lives on from its new ticket': async (home, world) => {
    const first = await home.store(factsOf(1), estimateOf(1));
    await world.pass(260_000);
    const ticket = await home.ticketFrom({ seenSoftExpiryAt: first.softExpiryAt });
    expect(await home.fill(ticket, factsOf(1), estimateOf(1))).toMatchObject({
      outcome: 'ok',
      stored: { acquiredAt: ticket.acquiredAt, hardExpiryAt: ticket.acquiredAt + 300_000 },
    });
  },
  'renewal: at equal versions the later check wins, and an earlier one takes nothing back': async (home, world) => {
    const slow = await home.ticketFrom({ class: 'w' });
    await world.pass(10);
    await home.store(factsOf(1, { checkedAt: 500 }), estimateOf(1));
    expect(await home.fill(slow, factsOf(1, { checkedAt: 400 }), estimateOf(1), 'w')).toMatchObject({
      outcome: 'older',
      stored: { facts: { checkedAt: 500 } },
    });
    expect(await home.fill(slow, factsOf(1, { checkedAt: 600 }), estimateOf(1), 'w')).toMatchObject({
      outcome: 'ok',
      stored: { facts: { checkedAt: 600 } },
    });
  },
  'a none and an estimate: the later ticket wins, whichever arrives first': async (home, world) => {
    const early = await home.ticketFrom({ class: 'w' });
    await world.pass(10);
    const late = await home.ticketFrom();
    await home.fill(late, factsOf(1), null);
    expect(await home.fill(early, factsOf(1), estimateOf(1), 'w')).toMatchObject({ outcome: 'older' });
    expect(await home.served()).toEqual({ facts: 1, estimate: null });
    await home.evict('value');
    await home.fill(early, factsOf(1), estimateOf(1), 'w');
    expect(await home.fill(late, factsOf(1), null)).toMatchObject({ outcome: 'ok' });
    expect(await home.served()).toEqual({ facts: 1, estimate: null });
  },
  'an estimate that was withdrawn does not come back with a later fetch that still saw it': async (home, world) => {
    const { softExpiryAt } = await home.store(factsOf(1), estimateOf(3));
    await home.evict('flight');
    await home.update(4, null);
    await world.pass(10);
    const ticket = await home.ticketFrom({ seenSoftExpiryAt: softExpiryAt });
    await home.fill(ticket, factsOf(2), estimateOf(3));
    expect(await home.served()).toEqual({ facts: 2, estimate: null });
  },
  'a none fetched after a withdrawal keeps the version that withdrew': async (home, world) => {
    const { softExpiryAt } = await home.store(factsOf(1), estimateOf(3));
    await home.update(4, null);
    await world.pass(10);
    const ticket = await home.ticketFrom({ seenSoftExpiryAt: softExpiryAt });
    expect(await home.fill(ticket, factsOf(1), null)).toMatchObject({
      outcome: 'ok',
      stored: { estimateVersion: 4, estimateJson: null, acquiredAt: ticket.acquiredAt },
    });
  },
  'a home that goes active does not keep an estimate of hours ago': async (home, world) => {
    const { softExpiryAt } = await home.store(factsOf(1, { status: 'off_market' }), estimateOf(5));
    await world.pass(3_600_000);
    const ticket = await home.ticketFrom({ seenSoftExpiryAt: softExpiryAt });
    expect(await home.fill(ticket, factsOf(2), estimateOf(4))).toEqual({ outcome: 'below' });
    expect(await home.read()).toBeNull();
  },
};

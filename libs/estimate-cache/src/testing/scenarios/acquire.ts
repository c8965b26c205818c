import { expect } from '@jest/globals';
import { randomNonce, warmNonce } from '../../nonce.ts';
import { estimateOf, factsOf } from '../story.ts';
import type { Scenarios } from './scenario.ts';

const record = { topic: 'warmup.candidates', partition: 3, offset: '41' };

export const acquireScenarios: Scenarios = {
  'the first to ask fetches, the second waits for the same flight': async (home) => {
    const first = await home.ticketFrom();
    const second = await home.ask();
    expect(second).toMatchObject({ outcome: 'wait', ticket: { epoch: first.epoch }, factsFence: 0 });
  },
  'what is cached is a hit, and no flight begins': async (home) => {
    await home.store(factsOf(1), estimateOf(1));
    await home.evict('flight');
    expect(await home.ask()).toEqual({ outcome: 'hit' });
    expect((await home.state()).flight).toBeNull();
  },
  'a refresh is won while the value is the one seen, and is a hit once somebody refreshed it': async (home, world) => {
    const seen = await home.store(factsOf(1), estimateOf(1));
    await world.pass(260_000);
    const ticket = await home.ticketFrom({ seenSoftExpiryAt: seen.softExpiryAt });
    expect(ticket.seenSoftExpiryAt).toBe(seen.softExpiryAt);
    await home.fill(ticket, factsOf(1), estimateOf(1));
    expect(await home.ask({ seenSoftExpiryAt: seen.softExpiryAt })).toEqual({ outcome: 'hit' });
  },
  'while one refreshes, another who asks for a refresh waits': async (home, world) => {
    const { softExpiryAt } = await home.store(factsOf(1), estimateOf(1));
    await world.pass(260_000);
    await home.ticketFrom({ seenSoftExpiryAt: softExpiryAt });
    expect(await home.ask({ seenSoftExpiryAt: softExpiryAt })).toMatchObject({ outcome: 'wait' });
  },
  'a user takes the lease of a warm-up, and the warm-up learns before it pays': async (home) => {
    const warm = await home.ticketFrom({ class: 'w' });
    const user = await home.ticketFrom({ class: 's' });
    expect(user.epoch).toBe(warm.epoch);
    expect(await home.recheck(warm, 1)).toBe(false);
    expect(await home.recheck(user, 1)).toBe(true);
  },
  'a user waits behind a user, and a warm-up behind both': async (home) => {
    await home.ticketFrom({ class: 's' });
    expect(await home.ask({ class: 's' })).toMatchObject({ outcome: 'wait' });
    expect(await home.ask({ class: 'w' })).toMatchObject({ outcome: 'wait' });
  },
  'a warm-up waits behind a warm-up': async (home) => {
    await home.ticketFrom({ class: 'w' });
    expect(await home.ask({ class: 'w' })).toMatchObject({ outcome: 'wait' });
  },
  'a redelivered record wins its own lease again, and another record does not': async (home) => {
    const nonce = warmNonce({ ...record, propertyId: home.propertyId });
    const first = await home.ticketFrom({ class: 'w', nonce });
    const again = warmNonce({ ...record, offset: 41n, propertyId: home.propertyId });
    expect(await home.ticketFrom({ class: 'w', nonce: again })).toMatchObject({ epoch: first.epoch, nonce });
    const other = warmNonce({ ...record, offset: '42', propertyId: home.propertyId });
    expect(await home.ask({ class: 'w', nonce: other })).toMatchObject({ outcome: 'wait' });
  },
  'a lease that ended is won by the next, in the same flight': async (home, world) => {
    const first = await home.ticketFrom();
    await world.pass(1_600);
    expect(await home.ticketFrom()).toMatchObject({ epoch: first.epoch });
  },
  'a lease holds until its end': async (home, world) => {
    await home.ticketFrom();
    await world.pass(1_000);
    expect(await home.ask()).toMatchObject({ outcome: 'wait' });
  },
  'a lease that ends later than a lease can holds nobody back': async (home, world) => {
    const warm = await home.ticketFrom({ class: 'w' });
    await world.pass(-600_000);
    expect(await home.ask({ class: 'w' })).toMatchObject({ outcome: 'win', ticket: { epoch: warm.epoch } });
    await world.pass(600_000);
  },
  'a flight that was evicted begins again under another epoch': async (home) => {
    const first = await home.ticketFrom();
    await home.evict('flight');
    expect((await home.ticketFrom()).epoch).not.toBe(first.epoch);
  },
  'a flight that nobody asked for in keepMs begins again under another epoch': async (home, world) => {
    const first = await home.ticketFrom();
    await world.pass(121_000);
    expect((await home.ticketFrom()).epoch).not.toBe(first.epoch);
  },
  'asking keeps a flight alive': async (home, world) => {
    const first = await home.ticketFrom();
    await world.pass(100_000);
    await home.ticketFrom();
    await world.pass(100_000);
    expect((await home.ticketFrom()).epoch).toBe(first.epoch);
  },
  'a lease that was given up is won at once': async (home) => {
    const first = await home.ticketFrom();
    await home.release(first.nonce);
    expect(await home.ticketFrom()).toMatchObject({ epoch: first.epoch });
  },
  'after an upstream error nobody tries for retryMs, not even a user or the same record': async (home, world) => {
    const warm = await home.ticketFrom({ class: 'w' });
    await home.release(warm.nonce, true);
    expect(await home.ask({ class: 's' })).toMatchObject({ outcome: 'wait' });
    expect(await home.ask({ class: 'w', nonce: warm.nonce })).toMatchObject({ outcome: 'wait' });
    await world.pass(600);
    expect(await home.ask({ class: 's' })).toMatchObject({ outcome: 'win' });
  },
  'a lease is given up by its own nonce only': async (home) => {
    const holder = await home.ticketFrom();
    for (const backOff of [false, true]) {
      await home.release(randomNonce(), backOff);
      expect((await home.state()).flight?.lease?.nonce).toBe(holder.nonce);
    }
  },
  'a home that does not exist leaves no flight behind': async (home) => {
    const ticket = await home.ticketFrom();
    await home.forget(ticket.epoch);
    expect(await home.state()).toEqual({ value: null, flight: null });
  },
  'a flight of another epoch is not forgotten': async (home) => {
    const old = await home.ticketFrom();
    await home.invalidate(2);
    const current = await home.ticketFrom();
    await home.forget(old.epoch);
    expect((await home.state()).flight?.epoch).toBe(current.epoch);
  },
};

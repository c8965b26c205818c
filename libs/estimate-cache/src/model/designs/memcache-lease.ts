import { settle } from '../../home-state.ts';
import { modelConfig } from '../times.ts';
import type { Design } from '../design.ts';
import { keptBeside, plainSet, valueOf } from './plain-set.ts';

/** Facebook's lease: a token for the one who fetches; a change takes it away, and a fill without it is refused. */
export const memcacheLease: Design = {
  ...plainSet,
  name: 'memcache lease',
  acquire(before, { nonce, class: leaseClass }, now) {
    const state = settle(before, now);
    if (state.value !== null) return { state, answer: { outcome: 'hit' } };
    const ticket = { epoch: 'lease', nonce, acquiredAt: now, seenSoftExpiryAt: null };
    const isHeld = state.flight?.lease !== null && state.flight !== null && state.flight.lease.endsAt > now;
    if (isHeld) return { state, answer: { outcome: 'wait', ticket, factsFence: 0 } };
    const lease = { nonce, endsAt: now + modelConfig.leaseSyncMs, class: leaseClass };
    const flight = keptBeside('lease', now + modelConfig.keepMs, { lease });
    return { state: { ...state, flight }, answer: { outcome: 'win', ticket, factsFence: 0 } };
  },
  fill(before, command) {
    if (before.flight?.lease?.nonce !== command.ticket.nonce) return { state: before, answer: { outcome: 'below' } };
    const stored = valueOf(command);
    return { state: { value: stored, flight: null }, answer: { outcome: 'ok', stored } };
  },
};

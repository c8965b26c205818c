import { emptyHome, settle, type Flight, type HomeState, type StoredValue } from '../../home-state.ts';
import type { FillCommand } from '../../transitions/fill.ts';
import { modelTtls } from '../times.ts';
import type { Design } from '../design.ts';

/** What a FILL would store by itself. */
export const valueOf = ({
  class: leaseClass,
  ticket,
  facts,
  isFactsOnly,
  estimateVersion,
  estimateJson,
}: FillCommand): StoredValue => ({
  class: leaseClass,
  facts,
  isFactsOnly,
  estimateVersion,
  estimateJson,
  acquiredAt: ticket.acquiredAt,
  softExpiryAt: ticket.acquiredAt + modelTtls.activeMs / 2,
  hardExpiryAt: ticket.acquiredAt + modelTtls.activeMs,
});

export const readableOf = ({ value }: HomeState): StoredValue | null => (value === 'unreadable' ? null : value);

/** A flight that stands for whatever a design keeps beside the value: a tombstone, or a lease. */
export const keptBeside = (epoch: string, expiresAt: number, kept: Partial<Flight> = {}): Flight => ({
  epoch,
  factsFence: 0,
  estimateFence: 0,
  estimateFenceRoseAt: 0,
  lease: null,
  expiresAt,
  ...kept,
});

/** Whoever misses fetches and sets; a change deletes. What most people write first. */
export const plainSet: Design = {
  name: 'plain SET and DEL',
  acquire(before, command, now) {
    const state = settle(before, now);
    if (state.value !== null) return { state, answer: { outcome: 'hit' } };
    const ticket = { epoch: 'any', nonce: command.nonce, acquiredAt: now, seenSoftExpiryAt: null };
    return { state, answer: { outcome: 'win', ticket, factsFence: 0 } };
  },
  fill(before, command) {
    const stored = valueOf(command);
    return { state: { ...before, value: stored }, answer: { outcome: 'ok', stored } };
  },
  invalidate: (before) => ({ state: emptyHome, answer: before.value === null ? 'absent' : 'removed' }),
  update: (before) => ({ state: emptyHome, answer: before.value === null ? 'absent' : 'removed' }),
  touch: (state) => ({ state, answer: 'absent' }),
  release: (state) => ({ state, answer: null }),
  recheck: () => true,
};

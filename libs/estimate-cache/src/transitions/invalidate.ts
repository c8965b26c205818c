import type { CacheConfig } from '../cache-config.ts';
import { readableValue, settle, type HomeState, type Step } from '../home-state.ts';
import type { InvalidateOutcome } from '../port.ts';

export interface InvalidateCommand {
  readonly visibilityVersion: number;
  readonly newEpoch: string;
}

/**
 * INVALIDATE: facts older than this version are served no more, and no flight brings them back.
 *
 * What is stored may be new enough already: then a flight still learns the fence, since the value may be evicted
 * before an older fill arrives. A home that nobody holds gets no key: there is nothing to refuse.
 */
export function invalidate(
  before: HomeState,
  command: InvalidateCommand,
  now: number,
  config: CacheConfig,
): Step<InvalidateOutcome> {
  const state = settle(before, now);
  const { visibilityVersion, newEpoch } = command;
  const expiresAt = now + config.keepMs;
  const fenced = state.flight && {
    ...state.flight,
    factsFence: Math.max(state.flight.factsFence, visibilityVersion),
    expiresAt,
  };
  const value = readableValue(state);
  if (value !== null && value.facts.visibilityVersion >= visibilityVersion) {
    return { state: { ...state, flight: fenced }, answer: 'already' };
  }
  const flight = fenced && { ...fenced, epoch: newEpoch, lease: null };
  const answer = state.value !== null ? 'removed' : flight !== null ? 'fenced' : 'absent';
  return { state: { value: null, flight }, answer };
}

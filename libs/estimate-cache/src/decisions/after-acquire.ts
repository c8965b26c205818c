import type { AcquireAnswer } from '../port.ts';

/** `read`: somebody filled it a moment ago. `pay`: this caller fetches. `join`: this process flies it already. `wait`: ask again. */
export type AcquireNext = 'read' | 'pay' | 'join' | 'wait';

/** Names a flight. Never the home alone: a flight of an older epoch may carry facts that an invalidation has removed. */
export const flightKeyOf = (propertyId: string, epoch: string): string => `${propertyId} ${epoch}`;

/**
 * What the answer of ACQUIRE asks of a caller who wants an answer. Pure.
 *
 * @param isFlown whether this process has an open flight under the epoch of the answer (`flightKeyOf`)
 */
export function afterAcquire(outcome: AcquireAnswer['outcome'], isFlown: boolean): AcquireNext {
  if (outcome === 'hit') return 'read';
  if (outcome === 'win') return 'pay';
  return isFlown ? 'join' : 'wait';
}

/** A refresh that nobody waits for: after a `hit` it is done, on a `wait` somebody does it. */
export const paysForRefresh = (outcome: AcquireAnswer['outcome']): boolean => outcome === 'win';

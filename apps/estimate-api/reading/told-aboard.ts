import type { Facts } from '@porchlight/contracts';
import type { Landing, Outcome } from './outcome.ts';

/** One of those aboard a flight. */
export interface Aboard {
  /** It opened the flight; false: it joined. */
  readonly isOwn: boolean;
  /** Whether it may be told what was found out under these facts (`mayTell`). */
  readonly mayTell: (facts: Facts) => boolean;
  /** Whether its viewer may see a value with these facts. */
  readonly maySee: (facts: Facts) => boolean;
}

/**
 * What a landing tells one of those aboard. Pure.
 *
 * @returns null: nothing; it asks for itself. What landed is older than what it was told of, or the winner might not see
 *          the value, and this one may and pays
 */
export function toldAboard(landing: Landing, { isOwn, mayTell, maySee }: Aboard): Outcome | null {
  if ('facts' in landing && !mayTell(landing.facts)) return null;
  if (landing.kind !== 'unpaid') return landing;
  return !isOwn && maySee(landing.facts) ? null : { kind: 'facts', facts: landing.facts };
}

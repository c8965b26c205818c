import type { Facts } from '@porchlight/contracts';
import type { FillAnswer } from '../port.ts';

/** What came back of a FILL; `failed`: no reply. */
export type FillReply = FillAnswer['outcome'] | 'failed';

/**
 * `stored`: what is stored now is the answer. `facts-once-more`: read them and FILL again under the same ticket.
 * `answer-unfilled`: the flight is closed to joiners, then the facts are read again, and the answer is given under them.
 */
export type FillNext = 'stored' | 'facts-once-more' | 'answer-unfilled';

/** After either of them the joined value is in Redis. */
export const isStored = (reply: FillReply): boolean => reply === 'ok' || reply === 'older';

/** Pure. @param attempt 1, or 2 for the FILL with facts that were read once more */
export function afterFill(reply: FillReply, attempt: 1 | 2): FillNext {
  if (isStored(reply)) return 'stored';
  return reply === 'behind' && attempt === 1 ? 'facts-once-more' : 'answer-unfilled';
}

/** The lowest version that facts may have after this reply; 0: any. A second BEHIND says that those of the FILL were too old. */
export const factsFenceAfter = (reply: FillReply, filled: Pick<Facts, 'visibilityVersion'>): number =>
  reply === 'behind' ? filled.visibilityVersion + 1 : 0;

/** `behind`: the database went back; like no answer at all, that is `unavailable`. */
export type UnfilledNext =
  { readonly kind: 'answer'; readonly facts: Facts } | { readonly kind: 'unknown' | 'behind' | 'unavailable' };

/**
 * What may be answered of a home whose fill was refused. Pure; nothing is stored.
 *
 * @param again what was read after the refusal; undefined: no such home; null: the primary does not answer
 */
export function answerUnfilled(again: Facts | undefined | null, factsFence: number): UnfilledNext {
  if (again === null) return { kind: 'unavailable' };
  if (again === undefined) return { kind: 'unknown' };
  return again.visibilityVersion < factsFence ? { kind: 'behind' } : { kind: 'answer', facts: again };
}

import type { Facts } from '@porchlight/contracts';
import type { FillAnswer } from '../port.ts';

/** What came back of a FILL; `failed`: no reply. */
export type FillReply = FillAnswer['outcome'] | 'failed';

/**
 * `answer`: with what is stored now; after BELOW with what was fetched, since its facts passed the fence. `facts-once-more`: read
 * them and FILL again under the same ticket. `read-again`: the facts may have changed (a lost reply may have said so); they are
 * read again, the answer is given under them, and nothing is stored.
 */
export type FillNext = 'answer' | 'facts-once-more' | 'read-again';

/** After either of them the joined value is in Redis. */
export const isStored = (reply: FillReply): boolean => reply === 'ok' || reply === 'older';

/** Pure. @param attempt 1, or 2 for the FILL with facts that were read once more */
export function afterFill(reply: FillReply, attempt: 1 | 2): FillNext {
  if (reply === 'behind' && attempt === 1) return 'facts-once-more';
  return isStored(reply) || reply === 'below' ? 'answer' : 'read-again';
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

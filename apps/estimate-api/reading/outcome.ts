import type { Facts } from '@porchlight/contracts';

/** Where an answer came from: the cache, the cache after a warm-up wrote it last, or a fetch. */
export type AnswerSource = 'hit' | 'warm_hit' | 'miss';

/** What was found out about one home, before anybody asks who is looking. */
export type Outcome =
  | {
      readonly kind: 'value';
      /** The facts that stand beside the estimate; visibility is decided from these and no others. */
      readonly facts: Facts;
      /** The bytes that a client receives; null: there is no estimate. */
      readonly estimateJson: Buffer | null;
      readonly source: AnswerSource;
      /** Up to when the facts are known to hold, by the primary's clock; absent: when they were checked. */
      readonly asOfAt?: number;
      /** Set if the value is softly expired and may be refreshed by whoever may see it. */
      readonly seenSoftExpiryAt?: number;
    }
  /** The home exists, and no estimate is at hand: the fetch failed, or was not paid for. Facts alone that are cached have a source. */
  | { readonly kind: 'facts'; readonly facts: Facts; readonly source?: AnswerSource; readonly asOfAt?: number }
  | { readonly kind: 'unknown' | 'pending' | 'unavailable' };

/** The answers of one question so far, by propertyId. */
export type Sheet = Map<string, Outcome>;

/** How a flight ends: an outcome, or that its winner was not allowed to pay, which says nothing about the next one. */
export type Landing = Outcome | { readonly kind: 'unpaid'; readonly facts: Facts };

export const PENDING: Outcome = { kind: 'pending' };
export const UNAVAILABLE: Outcome = { kind: 'unavailable' };
export const UNKNOWN: Outcome = { kind: 'unknown' };

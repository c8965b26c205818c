import type { Facts } from '@porchlight/contracts';
import type {
  AcquireAnswer,
  AcquireRequest,
  CachedEstimate,
  EstimateChange,
  FillAnswer,
  FillRequest,
  InvalidateOutcome,
  LeaseClass,
  TouchOutcome,
  UpdateOutcome,
} from '../../port.ts';

/** What one step of a history did to one home, and what it was answered. */
export type Happening =
  | { readonly did: 'read'; readonly value: CachedEstimate | null; readonly verdict: string }
  | {
      readonly did: 'acquire';
      readonly class: LeaseClass;
      readonly request: AcquireRequest;
      readonly answer: AcquireAnswer;
    }
  | { readonly did: 'read-facts'; readonly facts: Facts; readonly then: string }
  | { readonly did: 'recheck'; readonly isWorthPaying: boolean }
  | { readonly did: 'pay'; readonly estimateVersion: number | null; readonly lags: boolean }
  | { readonly did: 'fill'; readonly request: FillRequest; readonly answer: FillAnswer }
  | { readonly did: 'touch'; readonly version: number; readonly outcome: TouchOutcome }
  | { readonly did: 'release'; readonly nonce: string; readonly backOff: boolean }
  | { readonly did: 'forget'; readonly epoch: string }
  | { readonly did: 'invalidate'; readonly version: number; readonly outcome: InvalidateOutcome }
  | { readonly did: 'update'; readonly change: EstimateChange; readonly outcome: UpdateOutcome }
  | { readonly did: 'die' }
  | { readonly did: 'meet-failure' }
  | { readonly did: 'change-facts'; readonly version: number; readonly what: string }
  | { readonly did: 'appraise'; readonly version: number; readonly what: string }
  | { readonly did: 'publish'; readonly versions: readonly number[] }
  | { readonly did: 'rewind'; readonly topic: string; readonly by: number }
  | { readonly did: 'evict'; readonly key: string }
  | { readonly did: 'pass'; readonly ms: number }
  | { readonly did: 'nothing' };

/** An answer that a user got in a step, and what had been acknowledged when its request began. */
export interface GivenAnswer {
  readonly facts: Facts;
  readonly acknowledgedAtBegin: number;
  /** Served from the cache at this instant without another look at the primary; null: after one. */
  readonly servedFreshAt: number | null;
}

/** One step as it is judged and told. */
export interface Episode {
  readonly home: number;
  /** `user 1`, `user 2`, `warm-up`, `invalidator`, or whoever. */
  readonly who: string;
  readonly happening: Happening;
  readonly answer: GivenAnswer | null;
}

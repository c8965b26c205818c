import type { Estimate, Facts } from '@porchlight/contracts';

/**
 * `reader`: asks for homes, as estimate-api does for a user. `warmer`: fills homes ahead, as data-fetcher and data-writer do.
 * `invalidator`: applies the log of changes, then commits.
 */
export type MemberRole = 'reader' | 'warmer' | 'invalidator';

/** The arguments of a member process, as JSON. */
export interface MemberOptions {
  readonly name: string;
  readonly role: MemberRole;
  readonly redisUrl: string;
  readonly keyGeneration: string;
  readonly homes: readonly string[];
  /** How many homes are asked for at once, each again after `restMs`; 0: only what it is told. */
  readonly lanes: number;
  readonly restMs: number;
  /** How long somebody waits for an answer. */
  readonly deadlineMs: number;
  /** The host's wall clock is off by so much from the start. */
  readonly clockShiftMs: number;
  /** An invalidator that applies and then waits to be killed, without committing: how many changes of a batch at most. */
  readonly holdsCommit: boolean;
}

/** A change as the log of changes has it. */
export type Change =
  | { readonly kind: 'facts'; readonly propertyId: string; readonly visibilityVersion: number }
  | { readonly kind: 'estimate'; readonly propertyId: string; readonly estimate: Estimate };

/** What a member asks of the world: the property database, the paid upstream, the log of changes. */
export type Question =
  | { readonly what: 'facts'; readonly propertyIds: readonly string[] }
  | { readonly what: 'estimates'; readonly propertyIds: readonly string[] }
  | { readonly what: 'changes' }
  | { readonly what: 'commit'; readonly offset: number };

export interface Replies {
  readonly facts: readonly (Facts | null)[];
  readonly estimates: readonly (Estimate | null)[];
  readonly changes: { readonly from: number; readonly changes: readonly Change[] };
  readonly commit: null;
}

/** Where an answer came from. `unstored`: the fill was refused, and the facts were read again. `trickle`: Redis did not answer. */
export type AnswerSource = 'hit' | 'filled' | 'waited' | 'unstored' | 'trickle';

/** Instants are `monotonicNow`. */
export interface Answer {
  readonly propertyId: string;
  readonly beganAt: number;
  readonly endedAt: number;
  /** null: no value was shown (`pending`, `unavailable`). */
  readonly factsVersion: number | null;
  readonly estimateVersion: number | null;
  readonly source: AnswerSource | 'pending' | 'unavailable';
}

/** What a member process says. */
export type MemberMessage =
  | { readonly kind: 'ready' }
  | { readonly kind: 'ask'; readonly id: number; readonly question: Question }
  | { readonly kind: 'answer'; readonly answer: Answer }
  | {
      readonly kind: 'acknowledged';
      readonly propertyId: string;
      readonly version: number;
      readonly at: number;
      readonly outcome: string;
    }
  | { readonly kind: 'filled'; readonly propertyId: string; readonly outcome: string; readonly at: number }
  | { readonly kind: 'acquired'; readonly propertyId: string; readonly outcome: string; readonly at: number }
  | { readonly kind: 'held'; readonly changes: number }
  | { readonly kind: 'rejected'; readonly reason: string }
  | { readonly kind: 'error'; readonly code: string; readonly command: string }
  | { readonly kind: 'done'; readonly id: number };

/** What a member process is told. */
export type MemberCommand =
  | { readonly kind: 'reply'; readonly id: number; readonly value: Replies[keyof Replies] }
  | { readonly kind: 'take'; readonly id: number; readonly propertyId: string }
  | { readonly kind: 'step-clock'; readonly ms: number }
  | { readonly kind: 'rest' };

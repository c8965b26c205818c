import type { Answer, AnswerSource } from './members/member-protocol.ts';

/** A change of facts, with the instant at which the source of truth had it, or at which INVALIDATE was acknowledged. */
export interface VersionedInstant {
  readonly propertyId: string;
  readonly version: number;
  /** `monotonicNow`. */
  readonly at: number;
}

export interface SeenAnswer extends Answer {
  readonly member: string;
}

/** A home as the cache holds it when all is quiet, beside what the source of truth says. */
export interface FinalHome {
  readonly propertyId: string;
  readonly factsVersion: number;
  readonly estimateVersion: number | null;
  readonly trueFactsVersion: number;
  readonly trueEstimateVersion: number | null;
}

/** All that happened to the cache in one scenario. */
export interface History {
  readonly committed: readonly VersionedInstant[];
  readonly acknowledged: readonly VersionedInstant[];
  /** When a change must be obeyed at the latest, whatever has failed: promise (2). */
  readonly due?: readonly VersionedInstant[];
  readonly answers: readonly SeenAnswer[];
  /** By home: calls of the paid upstream. */
  readonly billed: ReadonlyMap<string, number>;
  /** Errors that members were told, by code. */
  readonly errors: ReadonlyMap<string, number>;
  /** What is stored at the end; homes that are not cached are left out. */
  readonly final: readonly FinalHome[];
}

export const isShown = (answer: Answer): answer is Answer & { factsVersion: number; source: AnswerSource } =>
  answer.factsVersion !== null;

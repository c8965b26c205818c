import { setTimeout as delay } from 'node:timers/promises';
import {
  afterAcquire,
  afterFacts,
  afterFill,
  answerUnfilled,
  CacheUnavailable,
  factsFenceAfter,
  leavesBackOff,
  randomNonce,
  type AcquireAnswer,
  type CachedEstimate,
  type EstimateCache,
  type LeaseClass,
} from '@porchlight/estimate-cache';
import type { Estimate, Facts, Ticket } from '@porchlight/contracts';
import { monotonicNow } from '../../processes/monotonic-now.ts';
import type { Answer } from './member-protocol.ts';
import { ask, tell } from './world-client.ts';

const POLLS_MS = [10, 20, 40, 100];

type Seen = Pick<Answer, 'factsVersion' | 'estimateVersion' | 'source'>;
interface Win {
  readonly propertyId: string;
  readonly ticket: Ticket;
  readonly factsFence: number;
}

const PENDING: Seen = { factsVersion: null, estimateVersion: null, source: 'pending' };
const UNAVAILABLE: Seen = { factsVersion: null, estimateVersion: null, source: 'unavailable' };

const seenIn = (value: CachedEstimate, source: Seen['source']): Seen => ({
  factsVersion: value.facts.visibilityVersion,
  estimateVersion: value.estimateVersion,
  source,
});
const factsOf = async (propertyId: string): Promise<Facts | undefined> =>
  (await ask({ what: 'facts', propertyIds: [propertyId] }))[0] ?? undefined;
const estimateOf = async (propertyId: string): Promise<Estimate | null> =>
  (await ask({ what: 'estimates', propertyIds: [propertyId] }))[0] ?? null;

/** One home at a time, by the decisions that the shipped read path makes; every role fetches through this. */
export class HomeTaker {
  readonly #cache: EstimateCache;
  readonly #class: LeaseClass;
  readonly #deadlineMs: number;

  constructor(cache: EstimateCache, { leaseClass, deadlineMs }: { leaseClass: LeaseClass; deadlineMs: number }) {
    this.#cache = cache;
    this.#class = leaseClass;
    this.#deadlineMs = deadlineMs;
  }

  /** Answers for one home as a request would, and tells the answer. Never throws for a cache that is away. */
  async take(propertyId: string): Promise<void> {
    const beganAt = monotonicNow();
    const seen = await this.#answer(propertyId, beganAt + this.#deadlineMs).catch((error: unknown) => {
      const { code = 'UNKNOWN' } = error as { code?: string };
      tell({ kind: 'error', code, command: 'take' });
      if (!(error instanceof CacheUnavailable)) return UNAVAILABLE;
      return this.#class === 's' ? this.#trickle(propertyId) : PENDING;
    });
    tell({ kind: 'answer', answer: { propertyId, beganAt, endedAt: monotonicNow(), ...seen } });
  }

  /** Redis does not answer: for its own caller, facts first, and nothing is stored. */
  async #trickle(propertyId: string): Promise<Seen> {
    const facts = await factsOf(propertyId);
    const estimate = await estimateOf(propertyId);
    if (facts === undefined) return UNAVAILABLE;
    const { visibilityVersion: factsVersion } = facts;
    return { factsVersion, estimateVersion: estimate?.estimateVersion ?? null, source: 'trickle' };
  }

  async #answer(propertyId: string, deadlineAt: number): Promise<Seen> {
    const hit = await this.#read(propertyId);
    if (hit !== null) return seenIn(hit, 'hit');
    const nonce = randomNonce();
    for (let polls = 0; monotonicNow() < deadlineAt; polls += 1) {
      const answer = await this.#acquire(propertyId, nonce);
      const next = afterAcquire(answer.outcome, false);
      if (next === 'pay' && answer.outcome !== 'hit') {
        return this.#pay({ propertyId, ticket: answer.ticket, factsFence: answer.factsFence });
      }
      const filled = await this.#read(propertyId);
      if (filled !== null) return seenIn(filled, 'waited');
      if (this.#class === 'w') return PENDING;
      await delay(POLLS_MS[Math.min(polls, POLLS_MS.length - 1)]);
    }
    return PENDING;
  }

  async #read(propertyId: string): Promise<CachedEstimate | null> {
    return (await this.#cache.read([propertyId]))[0] ?? null;
  }

  async #acquire(propertyId: string, nonce: string): Promise<AcquireAnswer> {
    const [answer] = await this.#cache.acquire([{ propertyId, nonce }], this.#class);
    if (answer === undefined) throw new Error('ACQUIRE gave no answer');
    tell({ kind: 'acquired', propertyId, outcome: answer.outcome, at: monotonicNow() });
    return answer;
  }

  /** Ticket, then facts, then estimate, then FILL. */
  async #pay(win: Win): Promise<Seen> {
    const { propertyId, ticket, factsFence } = win;
    const right = afterFacts(await factsOf(propertyId), { factsFence, judge: () => 'pay' });
    if (right.kind === 'unknown') return UNAVAILABLE;
    if (right.kind !== 'pay') {
      await this.#cache.release([{ propertyId, nonce: ticket.nonce, backOff: leavesBackOff('not-asked') }]);
      return UNAVAILABLE;
    }
    const estimate = await estimateOf(propertyId);
    return this.#fill(win, right.facts, estimate, 1);
  }

  async #fill(win: Win, facts: Facts, estimate: Estimate | null, attempt: 1 | 2): Promise<Seen> {
    const { propertyId, ticket } = win;
    const request = { propertyId, class: this.#class, ticket, facts, estimate };
    const [answer] = await this.#cache.fill([request]).catch((error: unknown) => {
      tell({ kind: 'error', code: (error as { code?: string }).code ?? 'UNKNOWN', command: 'fill' });
      return [{ outcome: 'failed' as const }];
    });
    const outcome = answer?.outcome ?? 'failed';
    tell({ kind: 'filled', propertyId, outcome, at: monotonicNow() });
    if (answer !== undefined && 'stored' in answer) return seenIn(answer.stored, 'filled');
    // data-writer has no database: such a home is dropped.
    if (this.#class === 'w') return PENDING;
    const again = await factsOf(propertyId);
    if (afterFill(outcome, attempt) === 'facts-once-more' && again !== undefined) {
      return this.#fill(win, again, estimate, 2);
    }
    const next = answerUnfilled(again, factsFenceAfter(outcome, facts));
    if (next.kind !== 'answer') return UNAVAILABLE;
    const { visibilityVersion: factsVersion } = next.facts;
    return { factsVersion, estimateVersion: estimate?.estimateVersion ?? null, source: 'unstored' };
  }
}

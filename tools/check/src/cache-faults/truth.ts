import type { Estimate, Facts } from '@porchlight/contracts';
import type { Change, Question, Replies } from './members/member-protocol.ts';
import { monotonicNow } from '../processes/monotonic-now.ts';
import type { VersionedInstant } from './history.ts';

const BATCH_MAX = 50;

interface TrueHome {
  visibilityVersion: number;
  estimateVersion: number;
}

/** The property database, the paid upstream and the log of changes, all in one process and beyond doubt. */
export class Truth {
  readonly #homes: Map<string, TrueHome>;
  readonly #log: Change[] = [];
  #committedOffset = 0;
  readonly committed: VersionedInstant[] = [];
  readonly billed = new Map<string, number>();

  constructor(propertyIds: readonly string[]) {
    this.#homes = new Map(propertyIds.map((id) => [id, { visibilityVersion: 1, estimateVersion: 1 }]));
    for (const propertyId of propertyIds) this.committed.push({ propertyId, version: 1, at: 0 });
  }

  get propertyIds(): readonly string[] {
    return [...this.#homes.keys()];
  }

  /** Changes that no invalidator has committed yet. */
  get lag(): number {
    return this.#log.length - this.#committedOffset;
  }

  versionsOf(propertyId: string): Readonly<TrueHome> {
    const home = this.#homes.get(propertyId);
    if (home === undefined) throw new RangeError(`there is no home ${propertyId}`);
    return home;
  }

  /** Raises the visibility version, and writes it into the log of changes. */
  changeFacts(propertyId: string): number {
    const home = this.versionsOf(propertyId) as TrueHome;
    home.visibilityVersion += 1;
    const { visibilityVersion } = home;
    this.committed.push({ propertyId, version: visibilityVersion, at: monotonicNow() });
    this.#log.push({ kind: 'facts', propertyId, visibilityVersion });
    return visibilityVersion;
  }

  changeEstimate(propertyId: string): void {
    const home = this.versionsOf(propertyId) as TrueHome;
    home.estimateVersion += 1;
    this.#log.push({ kind: 'estimate', propertyId, estimate: estimateAt(home.estimateVersion) });
  }

  reply(question: Question): Replies[keyof Replies] {
    switch (question.what) {
      case 'facts':
        return question.propertyIds.map((id) => this.#factsOf(id));
      case 'estimates':
        return question.propertyIds.map((id) => this.#sell(id));
      case 'changes': {
        const from = this.#committedOffset;
        return { from, changes: this.#log.slice(from, from + BATCH_MAX) };
      }
      case 'commit':
        this.#committedOffset = Math.max(this.#committedOffset, question.offset);
        return null;
    }
  }

  #factsOf(propertyId: string): Facts {
    const { visibilityVersion } = this.versionsOf(propertyId);
    return { visibilityVersion, status: 'active', mlsId: null, overrideLevel: null, checkedAt: Date.now() };
  }

  #sell(propertyId: string): Estimate {
    this.billed.set(propertyId, (this.billed.get(propertyId) ?? 0) + 1);
    return estimateAt(this.versionsOf(propertyId).estimateVersion);
  }
}

const estimateAt = (estimateVersion: number): Estimate => ({
  estimateVersion,
  valueUsd: estimateVersion * 1_000,
  lowUsd: estimateVersion * 900,
  highUsd: estimateVersion * 1_100,
  computedAt: 1_700_000_000_000 + estimateVersion,
});

import type { Estimate, Facts } from '@porchlight/contracts';
import { estimateOf } from '../story.ts';

/** The two topics that carry a home's facts, and the one of its estimate. None knows the order of another. */
export type TopicName = 'status' | 'override' | 'estimate';
export const topicNames: readonly TopicName[] = ['status', 'override', 'estimate'];

/** One change as its topic carries it. `withdraws` only in `estimate`. */
export interface Change {
  readonly version: number;
  readonly withdraws: boolean;
}

/** A topic of one home with the place of its only consumer: what is applied and not committed comes again. */
interface Topic {
  readonly log: Change[];
  position: number;
}

type Appraisal = Omit<Change, 'withdraws'> & { readonly isThere: boolean };

/**
 * The truth about one home: its facts in the primary, its estimate upstream, and what the change topics say of both.
 *
 * Upstream lags: a revaluation is seen by some calls at once and by all only after `publish`, which is when its topic
 * gets it (design.md section 3: the topic is written only after the API serves it).
 */
export class HomeSource {
  #facts: Omit<Facts, 'checkedAt'> = { visibilityVersion: 1, status: 'active', mlsId: 'mls-1', overrideLevel: null };
  readonly #factsOf = new Map([[1, this.#facts]]);
  readonly #supersededAt = new Map<number, number>();
  #published: Appraisal;
  readonly #unpublished: Appraisal[] = [];
  readonly #topics: Record<TopicName, Topic> = {
    status: { log: [], position: 0 },
    override: { log: [], position: 0 },
    estimate: { log: [], position: 0 },
  };

  /** @param isValued  false: upstream has never had an estimate of this home */
  constructor(isValued: boolean) {
    this.#published = { version: isValued ? 1 : 0, isThere: isValued };
  }

  get visibilityVersion(): number {
    return this.#facts.visibilityVersion;
  }

  /** What one statement of the primary says now. */
  facts(checkedAt: number): Facts {
    return { ...this.#facts, checkedAt };
  }

  /** The facts as they were at a version; undefined for one that never was. */
  factsAt(version: number): Omit<Facts, 'checkedAt'> | undefined {
    return this.#factsOf.get(version);
  }

  /** When a version ended; undefined while it stands. */
  supersededAt(version: number): number | undefined {
    return this.#supersededAt.get(version);
  }

  changeFacts(topic: 'status' | 'override', now: number): number {
    const { visibilityVersion, status, overrideLevel } = this.#facts;
    this.#supersededAt.set(visibilityVersion, now);
    const version = visibilityVersion + 1;
    const change =
      topic === 'status'
        ? { status: status === 'active' ? ('off_market' as const) : ('active' as const) }
        : { overrideLevel: overrideLevel === null ? ('agent' as const) : null };
    this.#facts = { ...this.#facts, ...change, visibilityVersion: version };
    this.#factsOf.set(version, this.#facts);
    this.#topics[topic].log.push({ version, withdraws: false });
    return version;
  }

  #newest(): Appraisal {
    return this.#unpublished.at(-1) ?? this.#published;
  }

  /** @returns the new version, or null if there is nothing to withdraw */
  appraise(isThere: boolean): number | null {
    const before = this.#newest();
    if (!isThere && !before.isThere) return null;
    this.#unpublished.push({ version: before.version + 1, isThere });
    return before.version + 1;
  }

  /** From now on every call sees it, and the topic says so. @returns the versions that were published */
  publish(): number[] {
    const published = this.#unpublished.splice(0);
    for (const appraisal of published) {
      this.#published = appraisal;
      this.#topics.estimate.log.push({ version: appraisal.version, withdraws: !appraisal.isThere });
    }
    return published.map(({ version }) => version);
  }

  /** What a paid call gets. @param lags  it meets a server that has not heard of what is unpublished */
  estimate(lags: boolean): Estimate | null {
    const { version, isThere } = lags ? this.#published : this.#newest();
    return isThere ? estimateOf(version) : null;
  }

  /** The next change of a topic; undefined if all is delivered. */
  next(topic: TopicName): Change | undefined {
    return this.#topics[topic].log[this.#topics[topic].position];
  }

  commit(topic: TopicName): void {
    this.#topics[topic].position += 1;
  }

  /** The consumer crashed between apply and commit, or a rebalance gave the partition to another: it begins earlier. */
  rewind(topic: TopicName, by: number): void {
    this.#topics[topic].position = Math.max(0, this.#topics[topic].position - by);
  }
}

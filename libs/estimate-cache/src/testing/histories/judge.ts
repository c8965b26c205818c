import type { CacheConfig } from '../../cache-config.ts';
import type { FreshnessPolicy } from '../../freshness.ts';
import type { CachedEstimate } from '../../port.ts';
import { leaseMsOf } from '../../transitions/lease.ts';
import { jsonOf } from '../story.ts';
import type { GivenAnswer, Happening } from './happening.ts';
import type { HomeSource } from './home-source.ts';

/**
 * The promises of design.md section 6 that a history is held to: C and A (nothing older than an acknowledged INVALIDATE
 * is read, or answered), M (neither half of a stored value goes back, and each is whole), QF and QE (in the end the value
 * is absent or equals the source), 5 (nothing outlives its time), 6 (a lease is one fetcher's), 7 (a replay removes nothing).
 */
export const promises = ['C', 'A', 'M', 'QF', 'QE', '5', '6', '7'] as const;
/** What plain caching is held to: that nothing stale is served. Of fetches and replays it promises nothing. */
export const controlPromises: readonly Promised[] = ['C', 'QF', 'QE'];
export type Promised = (typeof promises)[number];

export interface Violation {
  readonly promise: Promised;
  readonly what: string;
}

type Acquired = Extract<Happening, { did: 'acquire' }>;

/** Who may fetch now, as told by the answers. `unknown`: a step left it to a clock or an epoch that the judge does not see. */
type Book = { nonce: string; class: 's' | 'w'; endsAt: number } | 'unknown' | null;

/** Watches one home through a history, from outside: what was acknowledged, and what is served after each step. */
export class HomeJudge {
  readonly #source: HomeSource;
  readonly #config: CacheConfig;
  readonly #policy: FreshnessPolicy;
  readonly #found: Violation[] = [];
  #acknowledged = 0;
  #before: CachedEstimate | null = null;
  #lease: Book = null;
  #hasClockSteppedBack = false;

  constructor(source: HomeSource, config: CacheConfig, policy: FreshnessPolicy) {
    this.#source = source;
    this.#config = config;
    this.#policy = policy;
  }

  /** The highest version whose INVALIDATE has been acknowledged. */
  get acknowledged(): number {
    return this.#acknowledged;
  }

  get found(): readonly Violation[] {
    return this.#found;
  }

  #refuse(promise: Promised, what: string): void {
    this.#found.push({ promise, what });
  }

  /** One step and what is stored after it. @param now  the world's time before the step */
  see(happening: Happening, answer: GivenAnswer | null, after: CachedEstimate | null | 'as-before', now: number): void {
    if (happening.did === 'acquire') this.#seeAcquire(happening);
    if (happening.did === 'invalidate') this.#acknowledged = Math.max(this.#acknowledged, happening.version);
    this.#keepBook(happening);
    if (answer !== null) this.#seeAnswer(answer);
    if (after === 'as-before') return;
    if (after !== null) this.#seeStored(after, now);
    this.#seeChange(happening, after);
    this.#before = after;
  }

  /** When all events are delivered and all fetchers done. */
  seeEnd(): void {
    const value = this.#before;
    if (value === null) return;
    const { visibilityVersion } = this.#source;
    if (value.facts.visibilityVersion !== visibilityVersion) {
      this.#refuse('QF', `facts ${value.facts.visibilityVersion} stay, and the database has ${visibilityVersion}`);
    }
    // A ticket of before the step and a fence of after it cannot be put in order by the clock. And facts alone say nothing of it.
    if (this.#hasClockSteppedBack || value.isFactsOnly) return;
    const truth = this.#source.estimate(false);
    const json = value.estimateJson?.toString() ?? null;
    if (json !== (truth && jsonOf(truth.estimateVersion))) {
      const has = truth === null ? 'none' : `version ${truth.estimateVersion}`;
      this.#refuse(
        'QE',
        `estimate ${json === null ? 'none' : String(value.estimateVersion)} stays, upstream has ${has}`,
      );
    }
  }

  #seeAnswer({ facts, acknowledgedAtBegin, servedFreshAt }: GivenAnswer): void {
    if (facts.visibilityVersion < acknowledgedAtBegin) {
      this.#refuse(
        'A',
        `answered from facts ${facts.visibilityVersion}; ${acknowledgedAtBegin} was acknowledged before`,
      );
    }
    if (servedFreshAt === null) return;
    const { factsTtlActiveMs, factsTtlOffMarketMs, feedStaleMs } = this.#policy;
    const ttlMs = facts.status === 'off_market' ? factsTtlOffMarketMs : factsTtlActiveMs;
    const ageMs = servedFreshAt - facts.checkedAt;
    if (ageMs > Math.min(ttlMs, feedStaleMs ?? ttlMs))
      this.#refuse('5', `served facts checked ${ageMs} ms ago, unchecked`);
  }

  #seeStored({ facts, estimateVersion, estimateJson, ...times }: CachedEstimate, now: number): void {
    const { visibilityVersion: version } = facts;
    if (version < this.#acknowledged) {
      this.#refuse('C', `facts ${version} are served; ${this.#acknowledged} was acknowledged`);
    }
    const truth = this.#source.factsAt(version);
    if (truth?.status !== facts.status || truth.overrideLevel !== facts.overrideLevel) {
      this.#refuse('M', `the facts of version ${version} were never like that`);
    }
    if (estimateJson !== null && estimateJson.toString() !== jsonOf(estimateVersion ?? 0)) {
      this.#refuse('M', `the estimate beside version ${String(estimateVersion)} is another`);
    }
    const supersededAt = this.#source.supersededAt(version) ?? Number.POSITIVE_INFINITY;
    if (facts.checkedAt > supersededAt && !this.#hasClockSteppedBack) {
      this.#refuse('5', `facts ${version} count as checked when the database had newer ones already`);
    }
    const { estimateTtlActiveMs, estimateTtlOffMarketMs, noneTtlMs } = this.#config;
    const ttlMs = facts.status === 'off_market' ? estimateTtlOffMarketMs : estimateTtlActiveMs;
    const endsAt = times.acquiredAt + (estimateJson === null ? Math.max(ttlMs, noneTtlMs) : ttlMs);
    if (times.hardExpiryAt > endsAt || now > times.hardExpiryAt)
      this.#refuse('5', 'stored for longer than its hard TTL');
  }

  #seeChange(happening: Happening, after: CachedEstimate | null): void {
    const before = this.#before;
    if (before === null || happening.did === 'pass' || happening.did === 'evict') return;
    if (after !== null) this.#seeProgress(before, after);
    if (happening.did === 'invalidate' && before.facts.visibilityVersion >= happening.version) {
      if (happening.outcome !== 'already' || !isSame(before, after))
        this.#refuse('7', 'a replay removed a value that is new enough');
    }
    if (happening.did === 'update') {
      const { estimateVersion } = happening.change;
      const isReplay = before.estimateVersion !== null && before.estimateVersion >= estimateVersion;
      if (isReplay && !isSame(before, after))
        this.#refuse('7', 'a replayed estimate changed a value that is new enough');
      if (after?.isFactsOnly === false && (after.estimateVersion ?? 0) < estimateVersion) {
        this.#refuse('QE', `UPDATE ${estimateVersion} was acknowledged, and ${String(after.estimateVersion)} stays`);
      }
    }
    if (happening.did === 'fill') this.#seeRenewal(happening, before, after);
  }

  /** Neither half goes back. */
  #seeProgress(before: CachedEstimate, after: CachedEstimate): void {
    const areFactsBack =
      after.facts.visibilityVersion < before.facts.visibilityVersion ||
      (after.facts.visibilityVersion === before.facts.visibilityVersion &&
        after.facts.checkedAt < before.facts.checkedAt);
    if (areFactsBack)
      this.#refuse('M', `facts went back from ${before.facts.visibilityVersion}, or to an earlier check`);
    if (after.isFactsOnly && !before.isFactsOnly) this.#refuse('M', 'the estimate gave way to facts alone');
    if (after.isFactsOnly !== before.isFactsOnly) return; // an estimate replaces what was not known, whatever its ticket
    const [was, is] = [before.estimateVersion, after.estimateVersion];
    const isVersionBack = was !== null && is !== null && is < was;
    const isRaised = was !== null && is !== null && is > was;
    const isTicketBack = !isRaised && after.acquiredAt < before.acquiredAt;
    const isWithdrawalLost = was !== null && is === null && before.estimateJson === null;
    if (isVersionBack || isTicketBack || isWithdrawalLost) {
      this.#refuse('M', `the estimate went back from ${String(was)} to ${String(is)}, or to an earlier ticket`);
    }
  }

  /** An unchanged estimate that was paid for again lives longer. */
  #seeRenewal(
    { request, answer }: Extract<Happening, { did: 'fill' }>,
    before: CachedEstimate,
    after: CachedEstimate | null,
  ): void {
    const { facts } = request;
    const isSameVersion = before.facts.visibilityVersion === facts.visibilityVersion;
    const isCheckLost = isSameVersion && after !== null && after.facts.checkedAt < facts.checkedAt;
    if ('stored' in answer && isCheckLost)
      this.#refuse('7', 'unchanged facts that were read again count as older than they are');
    if (request.estimate === 'unknown') return;
    if ('stored' in answer && answer.stored.isFactsOnly)
      this.#refuse('M', 'what was fetched is not stored beside facts that were alone');
    const isSameEstimate = before.estimateVersion === (request.estimate?.estimateVersion ?? null);
    if (!('stored' in answer) || !isSameEstimate || request.ticket.acquiredAt <= before.acquiredAt) return;
    if (after !== null && after.acquiredAt < request.ticket.acquiredAt)
      this.#refuse('7', 'an unchanged estimate was not renewed');
  }

  #isHeld(now: number): boolean {
    const lease = this.#lease;
    if (lease === null || lease === 'unknown') return false;
    return lease.endsAt > now && lease.endsAt <= now + leaseMsOf(lease.class, this.#config);
  }

  #seeAcquire({ class: leaseClass, request, answer }: Acquired): void {
    const before = this.#before;
    if (answer.outcome === 'hit') {
      if (before === null || before.isFactsOnly) this.#refuse('6', 'a hit, and no estimate is cached');
      return;
    }
    const now = answer.ticket.acquiredAt;
    const isCached = before !== null && !before.isFactsOnly && before.hardExpiryAt > now;
    if (isCached && request.seenSoftExpiryAt !== before.softExpiryAt) {
      this.#refuse('6', 'a ticket for a home that is cached, and was not to be refreshed');
    }
    const lease = this.#lease;
    if (lease === 'unknown') return;
    const isHeld = this.#isHeld(now);
    if (answer.outcome === 'wait' && !isHeld) this.#refuse('6', 'told to wait, and nobody fetches');
    const isMine = lease?.nonce === request.nonce;
    const isStolen = leaseClass === 's' && lease?.class === 'w';
    if (answer.outcome === 'wait' && isMine) this.#refuse('7', 'told to wait for itself: a redelivered record is lost');
    if (answer.outcome === 'wait' && isStolen) this.#refuse('6', 'a user waits behind a warm-up');
    if (answer.outcome === 'win' && isHeld && !isMine && !isStolen)
      this.#refuse('6', 'a second fetcher beside the lease');
  }

  #keepBook(happening: Happening): void {
    const held = this.#lease;
    const isHeldBy = (nonce: string) => held !== null && held !== 'unknown' && held.nonce === nonce;
    if (happening.did === 'acquire' && happening.answer.outcome === 'win') {
      const { nonce, acquiredAt } = happening.answer.ticket;
      const endsAt = acquiredAt + leaseMsOf(happening.class, this.#config);
      this.#lease = { nonce, class: happening.class, endsAt };
    }
    if (happening.did === 'fill' && isHeldBy(happening.request.ticket.nonce)) this.#lease = null;
    if (happening.did === 'release' && isHeldBy(happening.nonce)) this.#lease = happening.backOff ? 'unknown' : null;
    if (happening.did === 'forget') this.#lease = 'unknown';
    if (happening.did === 'invalidate' && happening.outcome !== 'already') this.#lease = null;
    if (happening.did === 'evict' && happening.key !== 'value') this.#lease = null;
    if (happening.did === 'pass' && happening.ms < 0) {
      this.#lease = 'unknown';
      this.#hasClockSteppedBack = true;
    }
  }
}

const isSame = (before: CachedEstimate, after: CachedEstimate | null): boolean =>
  after !== null &&
  before.facts.visibilityVersion === after.facts.visibilityVersion &&
  before.facts.checkedAt === after.facts.checkedAt &&
  before.isFactsOnly === after.isFactsOnly &&
  before.estimateVersion === after.estimateVersion &&
  before.acquiredAt === after.acquiredAt &&
  before.hardExpiryAt === after.hardExpiryAt &&
  String(before.estimateJson) === String(after.estimateJson);

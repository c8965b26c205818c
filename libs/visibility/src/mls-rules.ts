import type { RuleBook } from './decide.ts';
import { NO_RULES, ruleAsOf, takeReading } from './followed-rules.ts';
import type { MlsRule } from './level-of.ts';

/** Where the rules are read from: the property catalogue is one. */
export interface RuleSource {
  /** Every rule; `seenAt`: the primary's clock after the snapshot was taken. */
  mlsRules(): Promise<{ rules: MlsRule[]; seenAt: number }>;
}

/** What the poller needs of a clock; that of `@porchlight/stream` is one. */
export interface PollClock {
  after(delayMs: number, run: () => void): { cancel(): void };
}

export interface MlsRulesOptions {
  readonly catalog: RuleSource;
  /** How long after the end of one poll the next begins. */
  readonly pollMs: number;
  /** A copy older than this must not decide anything. Default FEED_DOWN_MS. */
  readonly feedDownMs?: number;
  /** One older than this must not decide on facts that somebody has read from the database since. Default FEED_STALE_MS. */
  readonly feedStaleMs?: number;
  readonly clock: PollClock;
  /** Milliseconds since some instant; goes on evenly, whatever happens to the host's clock. Default: Node's. */
  readonly elapsedMs?: () => number;
  /** Told of each poll that failed; the next one is tried all the same. */
  readonly onError: (error: unknown) => void;
}

/** This process's copy of the MLS rules. Pass it to `decide`. */
export interface MlsRules extends RuleBook {
  /** Reads the whole table once. @throws what the catalogue throws */
  load(): Promise<void>;
  /** Polls from now on; the first poll begins at once. */
  start(): void;
  stop(): void;
  /** How long ago the last read that succeeded began; Infinity before the first. */
  ageMs(): number;
  /**
   * Whether the copy is young enough to decide with. If not, answers are `unavailable`.
   *
   * @param asOfAt up to when the facts are known to hold, by the primary's clock: where somebody has heard from the database
   *               since, being unable to poll is no excuse for an old copy
   */
  isUsable(asOfAt?: number): boolean;
  size(): number;
  /**
   * Facts of a home of this MLS that are not known to have held at this instant of the primary's clock, or later, must be
   * read again before they are shown: this process does not know which rules were in force before. -Infinity: no need.
   */
  followedSinceAt(mlsId: string | null): number;
}

/** How long rules and hits are trusted when the database cannot be reached (numbers.md). */
export const FEED_DOWN_MS = 120_000;

/** How long a change may go unnoticed while the database can be reached (numbers.md). */
export const FEED_STALE_MS = 30_000;

/** Facts may be dated a poll later than the rules, and some, without anything being wrong. */
const DATED_LATER_MS = 2_000;

/** What was in force before is remembered for twice as long as anything is served unchecked. */
const KEPT_FEED_DOWNS = 2;

/**
 * A copy of the MLS rules that keeps itself young.
 *
 * A stricter rule acts with the first poll that sees it; a looser one for facts that are known to hold since then (`get`).
 */
export function createMlsRules(options: MlsRulesOptions): MlsRules {
  const { catalog, pollMs, feedDownMs = FEED_DOWN_MS, feedStaleMs = FEED_STALE_MS, clock, onError } = options;
  const { elapsedMs = () => performance.now() } = options;
  let followed = NO_RULES;
  let readBeganMs = Number.NEGATIVE_INFINITY;
  let next: { cancel(): void } | undefined;
  let round = 0; // raised by every start and stop, so that a poll left over from before does not go on beside a new one
  let polling = false;

  const load = async (): Promise<void> => {
    const sentMs = elapsedMs();
    const { rules, seenAt } = await catalog.mlsRules();
    const reading = { rules, seenAt, sentMs, receivedMs: elapsedMs() };
    followed = takeReading(followed, reading, KEPT_FEED_DOWNS * feedDownMs);
    readBeganMs = Math.max(readBeganMs, sentMs);
  };
  const poll = async (mine: number): Promise<void> => {
    await load().catch(onError);
    if (polling && round === mine) next = clock.after(pollMs, () => void poll(mine));
  };
  const ageMs = (): number => elapsedMs() - readBeganMs;
  return {
    load,
    ageMs,
    isUsable(asOfAt = Number.NEGATIVE_INFINITY) {
      if (ageMs() <= feedStaleMs) return true;
      const isHeardSince = asOfAt > (followed.last?.seenAt ?? 0) + pollMs + DATED_LATER_MS;
      return ageMs() <= feedDownMs && !isHeardSince;
    },
    size: () => followed.byMls.size,
    get(mlsId, asOfAt = Number.NEGATIVE_INFINITY) {
      const held = followed.byMls.get(mlsId);
      return held && ruleAsOf(held, asOfAt);
    },
    followedSinceAt: (mlsId) =>
      (mlsId === null ? undefined : followed.byMls.get(mlsId)?.followedSinceAt) ?? Number.NEGATIVE_INFINITY,
    start() {
      if (polling) return;
      polling = true;
      round += 1;
      void poll(round);
    },
    stop() {
      polling = false;
      round += 1;
      next?.cancel();
    },
  };
}

import type { RuleBook } from './decide.ts';
import type { MlsRule } from './level-of.ts';

/** Where the rules are read from: the property catalogue is one. */
export interface RuleSource {
  /** Every rule, and the primary's clock. */
  mlsRules(): Promise<{ rules: MlsRule[]; readAt: number }>;
}

/** What the poller needs of a clock; that of `@porchlight/stream` is one. */
export interface PollClock {
  /** UTC milliseconds. */
  now(): number;
  after(delayMs: number, run: () => void): { cancel(): void };
}

export interface MlsRulesOptions {
  readonly catalog: RuleSource;
  /** How long after the end of one poll the next begins. */
  readonly pollMs: number;
  /** A copy older than this must not decide anything. Default FEED_DOWN_MS. */
  readonly feedDownMs?: number;
  readonly clock: PollClock;
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
  /** Whether the copy is young enough to decide with. If not, answers are `unavailable`. */
  isUsable(): boolean;
  size(): number;
}

/** How long rules and hits are trusted when the database cannot be reached (numbers.md). */
export const FEED_DOWN_MS = 120_000;

/**
 * Puts what was read into a copy: by ruleVersion, never backwards. A rule that is missing from a read stays:
 * rules are never deleted, so a short read (a failover, a wrong replica) must not open what they close.
 */
export function mergeRules(copy: Map<string, MlsRule>, read: readonly MlsRule[]): void {
  for (const rule of read) {
    const held = copy.get(rule.mlsId);
    if (held === undefined || rule.ruleVersion > held.ruleVersion) copy.set(rule.mlsId, rule);
  }
}

/**
 * A copy of the MLS rules that keeps itself young.
 *
 * A change acts with the first poll that sees it, stricter or looser alike. (Issue C lets a loosening wait for the watermark.)
 */
export function createMlsRules(options: MlsRulesOptions): MlsRules {
  const { catalog, pollMs, feedDownMs = FEED_DOWN_MS, clock, onError } = options;
  const copy = new Map<string, MlsRule>();
  let readBeganAt = Number.NEGATIVE_INFINITY;
  let next: { cancel(): void } | undefined;
  let round = 0; // raised by every start and stop, so that a poll left over from before does not go on beside a new one
  let polling = false;

  const load = async (): Promise<void> => {
    const beganAt = clock.now();
    const { rules } = await catalog.mlsRules();
    mergeRules(copy, rules);
    readBeganAt = Math.max(readBeganAt, beganAt);
  };
  const poll = async (mine: number): Promise<void> => {
    await load().catch(onError);
    if (polling && round === mine) next = clock.after(pollMs, () => void poll(mine));
  };
  const ageMs = (): number => clock.now() - readBeganAt;
  return {
    load,
    ageMs,
    isUsable: () => ageMs() <= feedDownMs,
    size: () => copy.size,
    get: (mlsId) => copy.get(mlsId),
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

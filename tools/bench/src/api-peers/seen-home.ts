import type { ChangeRecord, ReadRecord, Recorded } from '@porchlight/peer-caches';

/** An answer, as a client sees it. */
export interface SeenAnswer {
  readonly home: number;
  /** By the clock of this process, milliseconds. */
  readonly began: number;
  readonly ended: number;
  readonly status: string;
  readonly computedAt: number | null;
}

/** What became of one home in a window. Its first facts showed it. */
export interface HomeHistory {
  readonly home: number;
  readonly firstFacts: number;
  /** Commits of its facts, in order: each hides what the one before showed, or shows it again. */
  readonly commits: readonly ChangeRecord[];
  /** Every acknowledgement, of facts (I) and of estimates (U). */
  readonly acknowledged: readonly ChangeRecord[];
  /** The version of each estimate that came in this window, by when it was computed. */
  readonly versions: ReadonlyMap<number, number>;
}

/** Below every version that came in the window. */
const FIRST_ESTIMATE = 1;
/** Statuses that say something of the home; the others (pending, unavailable) show nothing. */
const TELLING: ReadonlySet<string> = new Set(['available', 'withheld']);
export const tells = ({ status }: SeenAnswer): boolean => TELLING.has(status);

/**
 * The version of the facts that an answer shows. It shows only whether the home is hidden, which every other version is: so the newest that
 * fits and that had begun to be true when the answer was there. Whoever is in doubt is believed.
 */
export function factsShown({ firstFacts, commits }: HomeHistory, isHidden: boolean, ended: number): number {
  const begun = commits.filter(({ began }) => began <= ended);
  for (let at = begun.length; at > 0; at -= 1) {
    const hides = at % 2 === 1;
    if (hides === isHidden) return begun[at - 1]?.version ?? firstFacts;
  }
  return firstFacts;
}

function readOf(history: HomeHistory, { home, began, ended, status, computedAt }: SeenAnswer): ReadRecord {
  return {
    kind: 'R',
    home,
    began,
    ended,
    facts: factsShown(history, status !== 'available', ended),
    estimate: computedAt === null ? 0 : (history.versions.get(computedAt) ?? FIRST_ESTIMATE),
    // A client is not told where an answer came from, nor when it was checked.
    source: 'h',
    acquiredAt: 0,
    checkedAt: 0,
    hardExpiryAt: 0,
    wallAt: 0,
  };
}

/** All that is known of a home, as the judge takes it. */
export function recordsOf(history: HomeHistory, answers: readonly SeenAnswer[]): Recorded[] {
  const reads = answers.filter(tells).map((answer) => readOf(history, answer));
  return [...reads, ...history.commits, ...history.acknowledged];
}

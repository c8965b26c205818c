const MS_PER_SECOND = 1_000;

/** A call that the load comes to later than this after its instant is not asked any more: catching up would make the next one later still. */
export const LATE_MAX_MS = 50;

export interface PacingOptions {
  readonly ratePerS: number;
  readonly forMs: number;
  readonly startedAt: number;
}

/** How a load kept to its instants. */
export interface Kept {
  /** Calls that fell due and were never asked: the load was too late, or had too many waiting. */
  readonly unoffered: number;
  /** The longest that a call waited for the load to come to it, milliseconds. */
  readonly lagMaxMs: number;
}

/** The instants of an open loop. */
export interface Pacing {
  /**
   * Offers whatever has fallen due since the last look, in its order, and lets go what is LATE_MAX_MS late.
   *
   * @param offer  told the instant of a call; false: there is no room for it, and it is let go
   */
  offerDue(now: number, offer: (meantAt: number) => boolean): void;
  /** Whether the last call has been offered or let go. */
  isOver(): boolean;
  kept(): Kept;
}

/**
 * One call in each gap of `1 / ratePerS`, whatever becomes of the others.
 *
 * Who can do less than is asked of it falls behind: each look finds more due, takes longer over it, and the next finds more again,
 * until nothing else is done. So a look goes back for LATE_MAX_MS at most: the rest is counted, and the load goes on with what it can.
 */
export function createPacing({ ratePerS, forMs, startedAt }: PacingOptions): Pacing {
  const gapMs = MS_PER_SECOND / ratePerS;
  const total = Math.floor(forMs / gapMs);
  let next = 0;
  let unoffered = 0;
  let lagMaxMs = 0;
  return {
    offerDue(now, offer) {
      const end = Math.min(total, Math.floor((now - startedAt) / gapMs) + 1);
      const inTime = Math.min(end, Math.max(next, Math.ceil((now - LATE_MAX_MS - startedAt) / gapMs)));
      if (end > next) lagMaxMs = Math.max(lagMaxMs, now - startedAt - next * gapMs);
      unoffered += inTime - next;
      for (next = inTime; next < end; next += 1) if (!offer(startedAt + next * gapMs)) unoffered += 1;
    },
    isOver: () => next >= total,
    kept: () => ({ unoffered, lagMaxMs }),
  };
}

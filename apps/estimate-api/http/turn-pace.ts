import type { EventLoop } from './event-loop.ts';

/** How long a turn of the event loop is to take: nobody is read, and one connection accepted, but once a turn. */
export const TURN_MS = 5;

/** Begun with in a turn, as long as nobody knows what they cost. */
export const STARTS_FIRST = 64;

const SHRINK_MIN = 0.5;
const GROWTH = 1.1;
const GROWTH_FROM_LITTLE = 2;

/** What one turn of the loop was like. */
interface Turn {
  /** How many were begun with, in this turn or the one before: their second half is done when the cache has answered. */
  readonly starts: number;
  readonly isAtLimit: boolean;
  /** Of the processor's time. */
  readonly busyMs: number;
}

/** How many the next turn begins with, so that turns come to take TURN_MS; at least one. */
export function startsAfter(limit: number, { starts, isAtLimit, busyMs }: Turn): number {
  if (busyMs > TURN_MS) {
    const share = Math.max(SHRINK_MIN, TURN_MS / busyMs);
    return Math.max(1, Math.floor(Math.min(limit, Math.max(1, starts)) * share));
  }
  if (!isAtLimit) return limit;
  return Math.ceil(limit * (busyMs < TURN_MS / 2 ? GROWTH_FROM_LITTLE : GROWTH));
}

/** How many requests may be begun with in each turn of the event loop. */
export interface TurnPace {
  /** Whether this turn may begin with one more. */
  mayStart(): boolean;
  /** One was begun with. */
  started(): void;
  /** Ends the turn, and decides by its length what the next one may do. @returns when it ended, by the loop's clock */
  endTurn(): number;
}

/** Keeps turns short, whatever a request costs: it learns that from their length. */
export function createTurnPace(loop: EventLoop): TurnPace {
  let starts = 0;
  let startsBefore = 0;
  let startsMax = STARTS_FIRST;
  let turn = { endedAt: loop.now(), idleMs: loop.idleMs() };
  let workedMs = loop.workedMs();
  /** A turn that was long because the host is busy with others would be no shorter with fewer. */
  const ofThose = (busyMs: number): number => {
    const before = workedMs;
    workedMs = loop.workedMs();
    return Math.min(busyMs, workedMs - before);
  };
  return {
    mayStart: () => starts < startsMax,
    started: () => void (starts += 1),
    endTurn() {
      const endedAt = loop.now();
      const idleMs = loop.idleMs();
      const busyMs = endedAt - turn.endedAt - (idleMs - turn.idleMs);
      const isAtLimit = starts >= startsMax;
      // Asked only where it may matter: it costs a system call. What was done since it was asked last is more than this turn's, never less.
      const ownMs = isAtLimit || busyMs > TURN_MS ? ofThose(busyMs) : busyMs;
      const seen = { starts: Math.max(starts, startsBefore), isAtLimit, busyMs: ownMs };
      startsMax = startsAfter(startsMax, seen);
      turn = { endedAt, idleMs };
      startsBefore = starts;
      starts = 0;
      return endedAt;
    },
  };
}

/** Runs a function in a later turn of the event loop. */
export type LaterTurn = (run: () => void) => void;

export interface BehindAnswersLimits {
  /** Pieces that may wait; one more is refused. */
  readonly waitingMax: number;
  /** Pieces that one turn does as a rule, so that those of a burst do not hold up whoever is answered next. */
  readonly perTurnMax: number;
}

/** What one turn of the event loop answers at the most, several times over: each is held for a turn or two. */
export const behindAnswersDefaults: BehindAnswersLimits = { waitingMax: 200, perTurnMax: 4 };

/** What waits is begun with in so many turns: a process under load does more in each, and drops nothing for being busy. */
const TURNS_BEHIND = 8;

/** Work that a request leaves behind, and that its answer does not wait for. */
export interface BehindAnswers<Work> {
  /** @returns false if it was refused */
  add(work: Work): boolean;
  /** Does all that waits, now. */
  finish(): void;
}

/**
 * A queue that is worked off after the answers of this turn have been written.
 *
 * @param run must not throw
 */
export function createBehindAnswers<Work>(
  run: (work: Work) => void,
  { waitingMax, perTurnMax }: BehindAnswersLimits = behindAnswersDefaults,
  later: LaterTurn = (turn) => void setImmediate(turn),
): BehindAnswers<Work> {
  let waiting: Work[] = [];
  let isDue = false;
  const work = (most: number): void => {
    const now = waiting.slice(0, most);
    waiting = waiting.slice(most);
    for (const each of now) run(each);
  };
  const takeTurn = (): void => {
    work(Math.max(perTurnMax, Math.ceil(waiting.length / TURNS_BEHIND)));
    isDue = waiting.length > 0;
    if (isDue) later(takeTurn);
  };
  return {
    add(piece) {
      if (waiting.length >= waitingMax) return false;
      waiting.push(piece);
      if (!isDue) {
        isDue = true;
        later(takeTurn);
      }
      return true;
    },
    finish: () => work(waiting.length),
  };
}

/** So many may wait however long it takes: it takes as long as they are many, and whoever calls by turns is never refused. */
export const LINE_MIN = 16;

/** Of what process time it is, by its processor's clock: see EventLoop.workedMs. */
export interface PatienceLimits {
  readonly waitMs: number;
  readonly burstMs: number;
}

/** How long each may wait now, and whether there is room for one more who would not wait for longer. */
export interface Patience {
  /** One was begun with. */
  started(): void;
  /** One is about to wait, and nobody does. @param workedMs  processor time of this process */
  firstWaits(workedMs: number): void;
  /** A turn has ended in which somebody waited. @returns whoever has come before this may wait no longer */
  turnEnded(workedMs: number): number;
  /** Somebody was refused. */
  refused(): void;
  /** Nobody waits any more. */
  emptied(): void;
  /** Whether one more would wait for too long, as many as wait: it would be refused all the same, and later. */
  isLate(waiting: number): boolean;
  /** Processor time when it was last asked. */
  workedMs(): number;
}

/**
 * Each may wait for `burstMs`, unless somebody has waited all that time: then there is more than can be done, and each may wait for
 * `waitMs`, until nobody was refused for `burstMs`. Meanwhile no more are let into the line than were begun with in `waitMs`:
 * the rest would be read, made a request of, kept, and refused then.
 */
export function createPatience({ waitMs, burstMs }: PatienceLimits, startedAtMs: number): Patience {
  let workedMs = startedAtMs; // at the end of the last turn in which somebody waited
  let emptyMs = startedAtMs; // when nobody waited
  let refusedMs = Number.NEGATIVE_INFINITY; // when somebody was last refused
  let isStanding = false;
  let starts = 0;
  let countedMs = startedAtMs; // since when starts are counted
  let startsPerWait = Number.POSITIVE_INFINITY;
  const count = (): void => {
    const sinceMs = workedMs - countedMs;
    if (sinceMs < waitMs) return;
    startsPerWait = (starts * waitMs) / sinceMs;
    starts = 0;
    countedMs = workedMs;
  };
  return {
    started: () => void (starts += 1),
    firstWaits(nowMs) {
      emptyMs = workedMs = nowMs;
      isStanding = workedMs - refusedMs < burstMs;
    },
    turnEnded(nowMs) {
      workedMs = nowMs;
      count();
      isStanding = workedMs - emptyMs > burstMs || workedMs - refusedMs < burstMs;
      return workedMs - (isStanding ? waitMs : burstMs);
    },
    refused: () => void (refusedMs = workedMs),
    emptied: () => void (emptyMs = workedMs),
    isLate: (waiting) => isStanding && waiting >= Math.max(LINE_MIN, startsPerWait),
    workedMs: () => workedMs,
  };
}

/** Asked right after the bell is on again, and then ever less often: doubling, so that a change is found at most twice as late as it was committed. */
const FIRST_LOOK_MS = 5;
/** How long there may be writers who saw the bell off and have not committed yet. Later ones are found by the round that each second brings. */
const LAST_LOOK_MS = 640;

/** What the bell asks of the session. */
export interface BellPorts {
  /** Whether the outbox has rows. */
  readonly hasRows: () => Promise<boolean>;
  /** Whether writers ring; all who write from now on see it. */
  readonly letRing: (isOn: boolean) => Promise<void>;
}

/** Wakes the one reader of the outbox. */
export interface OutboxBell {
  /** A change was announced, or the session has ended. */
  ring(): void;
  /** Resolves when there is something to do, or after `waitMs`. @throws what the session throws */
  wait(waitMs: number): Promise<void>;
}

/**
 * Writers ring only while the reader waits for it. While changes come faster than they are read, the bell is off: the reader looks by itself, and no
 * commit pays for a NOTIFY, which PostgreSQL lets through one at a time.
 *
 * Nobody is missed: after the bell is on, the outbox is looked at again; and a writer who saw it off before, and commits after that look, is found by
 * further looks, at most twice as late as its transaction stayed open, or by the next wait's end.
 */
export function createOutboxBell({ hasRows, letRing }: BellPorts): OutboxBell {
  let hasRung = false;
  let isOn = true;
  /** The pause before the next look for late writers; Infinity: there are none. Not read off a clock: a process that stood still makes up for its looks. */
  let lookMs = Number.POSITIVE_INFINITY;
  let wake = (): void => undefined;

  const pause = async (pauseMs: number): Promise<boolean> => {
    if (!hasRung) {
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, pauseMs);
        wake = () => (clearTimeout(timer), resolve());
      });
    }
    wake = () => undefined;
    const rung = hasRung;
    hasRung = false;
    return rung;
  };
  const listen = async (waitMs: number): Promise<void> => {
    const endAt = performance.now() + waitMs;
    for (;;) {
      const leftMs = endAt - performance.now();
      if (leftMs <= 0 || (await pause(Math.min(lookMs, leftMs)))) return;
      if (lookMs > leftMs) return;
      if (await hasRows()) return;
      lookMs = lookMs >= LAST_LOOK_MS ? Number.POSITIVE_INFINITY : lookMs * 2;
    }
  };
  return {
    ring() {
      hasRung = true;
      wake();
    },
    async wait(waitMs) {
      if (isOn && hasRung) {
        // It rang while the reader was at work: changes come faster than they are read.
        hasRung = false;
        isOn = false;
        await letRing(false);
        return;
      }
      if (!isOn) {
        if (await hasRows()) return;
        await letRing(true);
        isOn = true;
        lookMs = FIRST_LOOK_MS;
        // What committed before the bell was on, and after the look above.
        if (await hasRows()) return;
      }
      await listen(waitMs);
    },
  };
}

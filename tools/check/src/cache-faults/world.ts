import type { Say } from '../check.ts';

/** What every scenario is given. What it starts goes with it. */
export interface World {
  /** Data and logs go here. */
  readonly folder: string;
  readonly say: Say;
  readonly signal: AbortSignal;
  /** Runs when the scenario is over, however it ended; the last one first. */
  readonly onEnd: (undo: () => Promise<void> | void) => void;
}

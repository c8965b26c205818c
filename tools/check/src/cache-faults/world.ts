import type { Say } from '../check.ts';
import type { FeedStack } from './feed-stack.ts';

/** What every scenario is given. What it starts goes with it. */
export interface World {
  /** Data and logs go here. */
  readonly folder: string;
  readonly say: Say;
  readonly signal: AbortSignal;
  /** The parts that a change travels through, for those who need them. */
  readonly feedStack: FeedStack;
  /** Homes of the city that no other scenario of this run has had. */
  readonly nextHomes: (count: number) => { from: number; count: number };
  /** Runs when the scenario is over, however it ended; the last one first. */
  readonly onEnd: (undo: () => Promise<void> | void) => void;
}

import type { Say } from '../check.ts';
import type { Own } from '../faults/run-scenarios.ts';
import type { Scenario } from '../faults/scenario.ts';
import type { FeedStack } from './feed-stack.ts';

/** What every scenario is given. What it starts goes with it. */
export interface World extends Own {
  /** Data and logs go here. */
  readonly folder: string;
  readonly say: Say;
  /** The parts that a change travels through, for those who need them. */
  readonly feedStack: FeedStack;
  /** Homes of the city that no other scenario of this run has had. */
  readonly nextHomes: (count: number) => { from: number; count: number };
}

/** A fault, done to a real Redis and to real processes that use it. Quick: no Kafka, no database. */
export type CacheFault = Scenario<World>;

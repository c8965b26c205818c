import type { Seen } from '../stream-faults/scenario.ts';
import type { World } from './world.ts';

export type { Figure, Seen } from '../stream-faults/scenario.ts';

/** A fault, done to a real Redis and to real processes that use it. */
export interface Scenario {
  readonly name: string;
  /** One line: what is done. */
  readonly what: string;
  /** What holds nevertheless. */
  readonly promised: string;
  /** In the subset that fits a build: no Kafka, no database. */
  readonly quick: boolean;
  run(world: World): Promise<Seen>;
}

import type { RejectedReason } from './format.ts';
import type { Flight } from './home-state.ts';
import type { CachedEstimate } from './port.ts';

/** Everything that Redis holds of one home, as it is: nothing is deleted, touched or counted by looking. */
export interface HomeInspection {
  readonly propertyId: string;
  /** What is served; null: nothing, or nothing that can be read. */
  readonly value: CachedEstimate | null;
  /** Why the bytes that lie there cannot be read; null: they can, or there are none. The next reader deletes them. */
  readonly rejected: RejectedReason | null;
  readonly valueBytes: number;
  readonly flight: Flight | null;
  /** UTC milliseconds by the clock of the server that holds the home. */
  readonly cacheNow: number;
}

/** For operators: a look that leaves everything as it was, unlike `EstimateCache.read`, which deletes what it cannot read. */
export interface HomeInspector {
  /**
   * @returns one for each home, in the order asked; null where the node that has it does not answer
   * @throws {CacheUnavailable} if none does; {BadCacheEntry} for an id that is none
   */
  inspect(propertyIds: readonly string[]): Promise<(HomeInspection | null)[]>;
}

import type { CachedEstimate, EstimateCache, Freshness } from '@porchlight/estimate-cache';
import type { EstimateSource } from '@porchlight/estimate-source';
import type { PropertyCatalog } from '@porchlight/property-catalog';
import type { Clock } from '@porchlight/stream';
import type { Estimate } from '@porchlight/contracts';
import type { RulesInUse } from './result-of.ts';
import type { ReadingLimits } from './limits.ts';

/** What the read path tells of itself; never an id. */
export interface ReadingMeter {
  leased(outcome: 'hit' | 'win' | 'wait' | 'failed', homes: number): void;
  filled(outcome: 'ok' | 'older' | 'behind' | 'epoch' | 'below' | 'failed', homes: number): void;
  checked(outcome: 'same' | 'newer' | 'older' | 'refused' | 'failed', homes: number): void;
  called(outcome: string, lane: 'sync' | 'trickle'): void;
}

/** Where the read path says what people must look at. */
export interface ReadingLog {
  error(fields: object, message: string): void;
  warn(fields: object, message: string): void;
}

/** Everything that the read path touches. */
export interface ReadingPorts {
  readonly cache: EstimateCache;
  /** Facts of misses. */
  readonly catalog: Pick<PropertyCatalog, 'factsOf'>;
  /** Facts for CHECK, on a connection pool of its own. */
  readonly checks: Pick<PropertyCatalog, 'factsOf'>;
  readonly source: EstimateSource;
  readonly rules: RulesInUse;
  readonly clock: Clock;
  /** How fresh a cached value is now. */
  readonly freshnessOf: (value: CachedEstimate) => Freshness;
  /** The bytes of an estimate that was fetched and could not be filled: the same that FILL would have stored. */
  readonly jsonOf: (propertyId: string, estimate: Estimate) => Buffer;
  readonly newNonce: () => string;
  readonly meter: ReadingMeter;
  readonly log: ReadingLog;
  readonly limits: ReadingLimits;
  /** Told of a bug in the read path itself; the homes that it touched are `unavailable`. */
  readonly onUnplanned: (error: unknown) => void;
}

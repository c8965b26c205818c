import type { CachedEstimate, EstimateCache, Freshness, FreshnessContext } from '@porchlight/estimate-cache';
import type { EstimateSource } from '@porchlight/estimate-source';
import type { PropertyCatalog } from '@porchlight/property-catalog';
import type { Clock } from '@porchlight/stream';
import type { Doubt } from '@porchlight/visibility';
import type { Estimate } from '@porchlight/contracts';
import type { RulesInUse } from './result-of.ts';
import type { ReadingLimits } from './limits.ts';

/** What the read path tells of itself; never an id. */
export interface ReadingMeter {
  leased(outcome: 'hit' | 'win' | 'wait' | 'failed', homes: number): void;
  filled(outcome: 'ok' | 'older' | 'behind' | 'epoch' | 'below' | 'failed', homes: number): void;
  checked(outcome: 'same' | 'newer' | 'older' | 'refused' | 'failed', homes: number): void;
  called(outcome: string, lane: 'sync' | 'trickle' | 'bypass'): void;
  /** A home that nobody may see because something about it is not understood. */
  doubted(doubt: Doubt): void;
}

/** Where the read path says what people must look at. */
export interface ReadingLog {
  error(fields: object, message: string): void;
  warn(fields: object, message: string): void;
}

/** What the clocks that date cached values say at one moment; see FreshnessContext. */
export type CacheClocks = Pick<FreshnessContext, 'databaseNow' | 'cacheNow'>;

/**
 * How fresh a cached value is, by the marks that were known when this was taken: a mark that was read after a value says nothing
 * of it, since the value may have been removed in between.
 *
 * @param clocks those of the call by default; who asks for many homes at one moment looks at them once
 */
export type FreshnessOf = (value: DatedValue, clocks?: CacheClocks) => Freshness;

/** What of a cached value says how fresh it is; without `acquiredAt` nobody asks how old its estimate is. */
export type DatedValue = Pick<CachedEstimate, 'propertyId' | 'facts' | 'softExpiryAt'> &
  Partial<Pick<CachedEstimate, 'acquiredAt'>>;

/** Everything that the read path touches. */
export interface ReadingPorts {
  readonly cache: EstimateCache;
  /** Facts of misses. */
  readonly catalog: Pick<PropertyCatalog, 'factsOf'>;
  /** Facts for CHECK, on a connection pool of its own. */
  readonly checks: Pick<PropertyCatalog, 'factsOf'>;
  readonly source: EstimateSource;
  /** Whether upstream would not be asked now for what nobody waits for. */
  readonly refusesBackground: () => boolean;
  readonly rules: RulesInUse;
  readonly clock: Clock;
  /** What is known of freshness at this moment. To be taken before the cache is read: see FreshnessOf. */
  readonly freshnessNow: () => FreshnessOf;
  readonly clocksNow: () => CacheClocks;
  /** Whether the polls of the primary have had no answer for so long that something must be wrong with it. */
  readonly isDatabaseSilent: () => boolean;
  /** The bytes of an estimate that was fetched and could not be filled: the same that FILL would have stored. */
  readonly jsonOf: (propertyId: string, estimate: Estimate) => Buffer;
  readonly newNonce: () => string;
  readonly meter: ReadingMeter;
  readonly log: ReadingLog;
  readonly limits: ReadingLimits;
  /** Whether a softly expired home is refreshed behind the answer; otherwise it is a miss when it expires. Default: all are. */
  readonly refreshesSoftly?: (propertyId: string) => boolean;
  /** Told of a bug in the read path itself; the homes that it touched are `unavailable`. */
  readonly onUnplanned: (error: unknown) => void;
}

import type { PropertyCatalog } from '@porchlight/property-catalog';

/** The PostgreSQL primary's clock, as far as this process knows it: it dates what the cache is checked against. */
export interface PrimaryClock {
  /**
   * UTC milliseconds; never behind the primary, so that facts never look younger than they are, and ahead of it by no more than
   * the round trip of a reading. Infinity before the first reading, and when the last one is older than `staleMs`.
   */
  now(): number;
  /** The catalogue's rules; each reading tells the primary's clock as well. */
  readonly rules: Pick<PropertyCatalog, 'mlsRules'>;
}

export interface PrimaryClockOptions {
  /** A clock of this process that goes on evenly, whatever happens to the host's; by it the primary's is carried on. */
  readonly elapsedMs: () => number;
  /** After this long without a reading nothing is known any more. */
  readonly staleMs: number;
}

/** Clocks that are right differ by no more than this share of the time that passes. */
const DRIFT_SHARE = 0.001;

export function createPrimaryClock(
  catalog: Pick<PropertyCatalog, 'mlsRules'>,
  { elapsedMs, staleMs }: PrimaryClockOptions,
): PrimaryClock {
  let aheadMs = Number.POSITIVE_INFINITY; // how far the primary's clock is ahead of ours, at most
  let readMs = Number.NEGATIVE_INFINITY;

  const carriedMs = (atMs: number): number => aheadMs + (atMs - readMs) * DRIFT_SHARE;
  const take = (readAt: number, sentMs: number, receivedMs: number): void => {
    // The primary looked at its clock between the two: the truth lies between these bounds.
    const [least, most] = [readAt - receivedMs, readAt - sentMs];
    const carried = carriedMs(receivedMs);
    // What an earlier reading says may be narrower, unless the clock was set since.
    aheadMs = carried >= least && carried < most ? carried : most;
    readMs = receivedMs;
  };
  return {
    now() {
      const atMs = elapsedMs();
      return atMs - readMs > staleMs ? Number.POSITIVE_INFINITY : atMs + carriedMs(atMs);
    },
    rules: {
      async mlsRules() {
        const sentMs = elapsedMs();
        const read = await catalog.mlsRules();
        take(read.readAt, sentMs, elapsedMs());
        return read;
      },
    },
  };
}

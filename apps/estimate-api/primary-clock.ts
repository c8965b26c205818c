import type { PropertyCatalog } from '@porchlight/property-catalog';

/** The PostgreSQL primary's clock, as far as this process knows it: it dates what the cache is checked against. */
export interface PrimaryClock {
  /** UTC milliseconds; never behind the primary, so that facts never look younger than they are. */
  now(): number;
  /** The catalogue's rules; each reading tells the primary's clock as well. */
  readonly rules: Pick<PropertyCatalog, 'mlsRules'>;
}

/**
 * @param clock this process's own clock, by which the primary's is carried on between two readings
 */
export function createPrimaryClock(catalog: Pick<PropertyCatalog, 'mlsRules'>, clock: { now(): number }): PrimaryClock {
  let aheadMs = 0;
  return {
    now: () => clock.now() + aheadMs,
    rules: {
      async mlsRules() {
        const beganAt = clock.now();
        const read = await catalog.mlsRules();
        // The primary looked at its clock at beganAt or later: taken as beganAt, ours is never behind.
        aheadMs = read.readAt - beganAt;
        return read;
      },
    },
  };
}

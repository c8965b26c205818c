import type { FlagsDocument } from '@porchlight/rollout';
import type { FleetOptions } from '@porchlight/run';

/** The arms of one round, in order; the first is what changes are against. */
export const armNames = ['before', 'after', 'afterEvents'] as const;

export type ArmName = (typeof armNames)[number];

/** How the arms with a cache look ahead. */
export interface WarmUpTuning {
  readonly strategy: string;
  /** Homes that one view may ask for; 0: as the forecaster has it. */
  readonly homesPerForecast: number;
  /** How long a paid call of data-fetcher waits for others to share it; 0: as data-fetcher has it. */
  readonly lingerMs: number;
}

export interface ArmSetting extends Required<Pick<FleetOptions, 'environment' | 'environmentOf'>> {
  /** How a table and a plot call it. */
  readonly title: string;
  /** What lies in Redis when the apps start. */
  readonly flags: FlagsDocument['flags'];
}

/** Nobody reads the cache, nothing is cached for anybody, and the forecaster lets every session go. */
const WITHOUT_CACHE: FlagsDocument['flags'] = { 'cache.read': { percent: 0, cohort: 'on', rest: 'off' } };

/** Reads around the cache are bounded for the sake of upstream; here they are what is measured. */
const UNBOUNDED = '10000';

/** Numbers of a tuning that were said. */
const said = (name: string, value: number): Record<string, string> => (value === 0 ? {} : { [name]: String(value) });

export function settingOf(arm: ArmName, { strategy, homesPerForecast, lingerMs }: WarmUpTuning): ArmSetting {
  if (arm === 'before') {
    const environmentOf = { 'estimate-api': { BYPASSES_PER_S: UNBOUNDED } };
    return { title: 'before: no cache', environment: {}, environmentOf, flags: WITHOUT_CACHE };
  }
  const byEvents = arm === 'afterEvents';
  return {
    title: byEvents ? `after, kept true by events (${strategy})` : `after: cache and warm-up (${strategy})`,
    environment: { FRESHNESS: byEvents ? 'events' : 'ttl' },
    environmentOf: {
      forecaster: { FORECAST_STRATEGY: strategy, ...said('HOMES_PER_FORECAST_MAX', homesPerForecast) },
      'data-fetcher': said('BATCH_LINGER_MS', lingerMs),
    },
    flags: {},
  };
}

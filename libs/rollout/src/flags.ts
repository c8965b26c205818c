/** What is dealt out: a viewer's session (its key, an HMAC), or a home (its propertyId). */
export type FlagUnit = 'session' | 'home';

/** One row of the list of flags. */
export interface FlagSpec {
  readonly unit: FlagUnit;
  /** The names that plots show. The first is what a share is given unless another is named. */
  readonly cohorts: readonly [string, string, ...string[]];
  /** The cohort of everybody while nothing is said about the flag. */
  readonly usual: string;
  readonly what: string;
}

const ON_OFF = ['on', 'off'] as const;

/**
 * Every flag of Porchlight: the list comes first, then the use. A name that is not here does not type-check.
 *
 * `cache.soft-refresh` is by home because a refresh serves everybody: by session, those with it would refresh for those
 * without, and the plot would show nothing.
 */
export const flagList = {
  'cache.read': {
    unit: 'session',
    cohorts: ON_OFF,
    usual: 'on',
    what: 'reads go through the cache; off: facts and the paid API for each read, nothing is cached for it',
  },
  'cache.warmup': {
    unit: 'session',
    cohorts: ON_OFF,
    usual: 'on',
    what: 'what a session looks at is forecast, and its neighbours are warmed',
  },
  'cache.soft-refresh': {
    unit: 'home',
    cohorts: ON_OFF,
    usual: 'on',
    what: 'a softly expired home is refreshed behind the answer; off: it is a miss when it expires',
  },
  'forecast.strategy': {
    unit: 'session',
    cohorts: ['thin-ring', 'ring', 'next-views', 'default'],
    usual: 'default',
    what: 'how the forecaster looks ahead for a session; default: as FORECAST_STRATEGY says',
  },
} as const satisfies Record<string, FlagSpec>;

export type FlagName = keyof typeof flagList;

/** The cohorts of one flag. */
export type CohortOf<F extends FlagName> = (typeof flagList)[F]['cohorts'][number];

export const flagNames = Object.keys(flagList) as FlagName[];

export const isFlagName = (name: string): name is FlagName => Object.hasOwn(flagList, name);

export const specOf = (flag: FlagName): FlagSpec => flagList[flag];

/** A flag with two cohorts that are opposites. Its rule always speaks of the first, so that either may grow without moving anybody. */
export const isSwitch = (flag: FlagName): boolean => specOf(flag).cohorts.length === 2;

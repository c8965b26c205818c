import type { Client } from '@openfeature/server-sdk';
import type { ForecastStrategy } from './strategies/forecast-strategy.ts';
import { strategies, type StrategyName } from './strategies/registry.ts';

/** What becomes of a session's viewports: they are forecast by this strategy, or let go, and why. */
export type SessionPlan =
  { readonly strategy: ForecastStrategy } | { readonly letGo: 'cache-read-off' | 'cache-warmup-off' };

/** @param sessionKey the key of map.viewport-viewed */
export type PlanOf = (sessionKey: string) => Promise<SessionPlan>;

/** The part of OpenFeature's client that is asked. It never rejects: what it cannot answer is the default that it is given. */
export type FlagClient = Pick<Client, 'getBooleanValue' | 'getStringValue'>;

/** Every session by one strategy. */
export const alwaysBy =
  (strategy: ForecastStrategy): PlanOf =>
  async () => ({ strategy });

const isStrategy = (name: string): name is StrategyName => Object.hasOwn(strategies, name);

/**
 * What the feature flags say of each session; estimate-api asks the same rules, for its metrics.
 *
 * A session that reads without the cache is not warmed: nothing of it would be read, and the bill of those who do without a
 * cache would not be theirs.
 *
 * @param usual the strategy of everybody of whom the flags say nothing
 */
export const planBySession =
  (client: FlagClient, usual: StrategyName): PlanOf =>
  async (targetingKey) => {
    const session = { targetingKey };
    if (!(await client.getBooleanValue('cache.read', true, session))) return { letGo: 'cache-read-off' };
    if (!(await client.getBooleanValue('cache.warmup', true, session))) return { letGo: 'cache-warmup-off' };
    const cohort = await client.getStringValue('forecast.strategy', 'default', session);
    return { strategy: strategies[isStrategy(cohort) ? cohort : usual] };
  };

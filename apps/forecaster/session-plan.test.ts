import { expect, test } from '@jest/globals';
import { flagList, flagsInForce, type CohortOf, type FlagsDocument } from '@porchlight/rollout';
import { planBySession, type FlagClient, type SessionPlan } from './session-plan.ts';
import { strategyNames } from './strategies/registry.ts';

/** What OpenFeature's client would say under these rules. */
function clientOf(rules: FlagsDocument['flags']): FlagClient {
  const flags = flagsInForce({ version: 1, changedAt: 0, flags: rules });
  const cohort = (flag: string, key: string | undefined) => flags.cohortOf(flag as 'cache.read', key ?? '');
  return {
    getBooleanValue: async (flag, _usual, context) => cohort(flag, context?.targetingKey) === 'on',
    getStringValue: async (flag: string, _usual: string, context?: { targetingKey?: string }) =>
      cohort(flag, context?.targetingKey),
  };
}
const said = (plan: SessionPlan): string => ('strategy' in plan ? plan.strategy.name : plan.letGo);
const SESSIONS = Array.from({ length: 200 }, (_, at) => `session-${at}`);
const whole = (cohort: CohortOf<'forecast.strategy'>, rest: CohortOf<'forecast.strategy'> = 'default') => ({
  percent: 100,
  cohort,
  rest,
});
const OFF = { percent: 0, cohort: 'on', rest: 'off' };

test('as usual every session is forecast as the configuration says', async () => {
  expect(said(await planBySession(clientOf({}), 'next-views')('a'))).toBe('next-views');
});

test.each(strategyNames)(
  'a session in the cohort %s is forecast by it, whatever the configuration says',
  async (name) => {
    const planOf = planBySession(clientOf({ 'forecast.strategy': whole(name, 'default') }), 'next-views');
    expect(said(await planOf('a'))).toBe(name);
  },
);

test('half of the sessions by another strategy: each always by the same, the others as the configuration says', async () => {
  const rules = { 'forecast.strategy': { percent: 50, cohort: 'thin-ring', rest: 'default' } };
  const planOf = planBySession(clientOf(rules), 'ring');
  const flags = flagsInForce({ version: 1, changedAt: 0, flags: rules });
  const plans = await Promise.all(SESSIONS.map(async (session) => said(await planOf(session))));
  expect(plans).toEqual(
    SESSIONS.map((session) => (flags.cohortOf('forecast.strategy', session) === 'thin-ring' ? 'thin-ring' : 'ring')),
  );
  expect(new Set(plans).size).toBe(2);
});

test('a session without warm-ups, and one that reads without the cache, are let go, and it is said why', async () => {
  expect(said(await planBySession(clientOf({ 'cache.warmup': OFF }), 'ring')('a'))).toBe('cache-warmup-off');
  expect(said(await planBySession(clientOf({ 'cache.read': OFF, 'cache.warmup': OFF }), 'ring')('a'))).toBe(
    'cache-read-off',
  );
});

test('every strategy is a cohort of the flag, and every other cohort is the default', () => {
  expect([...flagList['forecast.strategy'].cohorts].sort()).toEqual([...strategyNames, 'default'].sort());
});

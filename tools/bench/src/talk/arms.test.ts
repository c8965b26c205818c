import { expect, test } from '@jest/globals';
import { flagsInForce } from '@porchlight/rollout';
import { armNames, settingOf } from './arms.ts';

const tuning = { strategy: 'thin-ring', homesPerForecast: 0, lingerMs: 0 };

test('without a cache nobody reads it; with one everybody does', () => {
  const cohortOf = (arm: (typeof armNames)[number]): string =>
    flagsInForce({ version: 1, changedAt: 0, flags: settingOf(arm, tuning).flags }).cohortOf(
      'cache.read',
      'any session',
    );
  expect(armNames.map(cohortOf)).toEqual(['off', 'on', 'on']);
});

test('the arms with a cache differ in what keeps estimates true, and in nothing else', () => {
  const [after, afterEvents] = [settingOf('after', tuning), settingOf('afterEvents', tuning)];
  expect([after.environment, afterEvents.environment]).toEqual([{ FRESHNESS: 'ttl' }, { FRESHNESS: 'events' }]);
  expect(afterEvents.environmentOf).toEqual(after.environmentOf);
});

test('what nobody has said is left to the apps', () => {
  expect(settingOf('after', tuning).environmentOf).toEqual({
    forecaster: { FORECAST_STRATEGY: 'thin-ring' },
    'data-fetcher': {},
  });
  expect(settingOf('after', { ...tuning, homesPerForecast: 2_000, lingerMs: 50 }).environmentOf).toEqual({
    forecaster: { FORECAST_STRATEGY: 'thin-ring', HOMES_PER_FORECAST_MAX: '2000' },
    'data-fetcher': { BATCH_LINGER_MS: '50' },
  });
});

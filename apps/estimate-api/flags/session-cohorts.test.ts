import { expect, test } from '@jest/globals';
import { flagsInForce, usualFlags, type FlagsDocument, type FlagsInForce } from '@porchlight/rollout';
import { createSessionFlags } from './session-cohorts.ts';

const withRules = (flags: FlagsDocument['flags']): FlagsInForce => flagsInForce({ version: 1, changedAt: 0, flags });
const KEYS = Array.from({ length: 500 }, (_, at) => `session-${at}`);

test('while nobody has spoken of a flag every session is one object, without labels, and no key is needed', () => {
  const flags = createSessionFlags({ now: () => usualFlags });
  expect([flags.isSplit(), flags.of('a'), flags.of('a') === flags.of('b')]).toEqual([
    false,
    { readsCache: true, labels: {} },
    true,
  ]);
});

test('a flag that one cohort has whole is a label, and no key is needed', () => {
  const inForce = withRules({ 'cache.read': { percent: 0, cohort: 'on', rest: 'off' } });
  const flags = createSessionFlags({ now: () => inForce });
  expect([flags.isSplit(), flags.of('')]).toEqual([false, { readsCache: false, labels: { 'cache.read': 'off' } }]);
});

test('sessions are told apart by every flag that is split, each as the rules deal it', () => {
  const inForce = withRules({
    'cache.read': { percent: 50, cohort: 'on', rest: 'off' },
    'forecast.strategy': { percent: 30, cohort: 'ring', rest: 'default' },
    'cache.soft-refresh': { percent: 50, cohort: 'on', rest: 'off' }, // by home: no label of a session
  });
  const flags = createSessionFlags({ now: () => inForce });
  expect(flags.isSplit()).toBe(true);
  expect(KEYS.map((key) => flags.of(key))).toEqual(
    KEYS.map((key) => {
      const read = inForce.cohortOf('cache.read', key);
      const strategy = inForce.cohortOf('forecast.strategy', key);
      return { readsCache: read === 'on', labels: { 'cache.read': read, 'forecast.strategy': strategy } };
    }),
  );
  expect(new Set(KEYS.map((key) => flags.of(key))).size).toBe(4);
});

test('a change counts for the next request', () => {
  let inForce = withRules({ 'cache.read': { percent: 100, cohort: 'on', rest: 'off' } });
  const flags = createSessionFlags({ now: () => inForce });
  expect(flags.of('a').readsCache).toBe(true);
  inForce = withRules({ 'cache.read': { percent: 0, cohort: 'on', rest: 'off' } });
  expect(flags.of('a').readsCache).toBe(false);
});

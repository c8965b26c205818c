import { expect, test } from '@jest/globals';
import { answerOf, ttlMsOf, type PricedHome } from './priced-home.ts';

const home: PricedHome = {
  propertyId: 'a',
  status: 'active',
  level: 'unregistered',
  estimate: { valueUsd: 2, lowUsd: 1, highUsd: 3, computedAt: 4 },
};

test('a viewer without a token sees the value of an open home', () => {
  expect(answerOf(home)).toEqual({ propertyId: 'a', status: 'available', estimate: home.estimate });
  expect(answerOf({ ...home, estimate: null })).toEqual({ propertyId: 'a', status: 'none' });
});

test('a hidden home is told without its value, and before there is none', () => {
  expect(answerOf({ ...home, level: 'nobody' })).toEqual({ propertyId: 'a', status: 'withheld' });
  expect(answerOf({ ...home, level: 'agent', estimate: null })).toEqual({
    propertyId: 'a',
    status: 'restricted',
    requiredRole: 'agent',
  });
});

test('active homes are kept for 5 minutes, others for 4 hours', () => {
  expect([ttlMsOf(home), ttlMsOf({ ...home, status: 'off_market' })]).toEqual([300_000, 14_400_000]);
});

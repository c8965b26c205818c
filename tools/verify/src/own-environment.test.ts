import { expect, test } from '@jest/globals';
import { ownEnvironment } from './own-environment.ts';

const shell = {
  PATH: '/bin',
  KAFKA_BROKERS: 'production:9092',
  SCHEMA_REGISTRY_URL: 'http://production:8081',
  REDIS_URL: 'redis://production',
  DATABASE_URL: 'postgres://production/homes',
};

test("the tests never see the servers that somebody's shell names", () => {
  expect(ownEnvironment(shell, { useGiven: false })).toEqual({ PATH: '/bin' });
});

test('they do when they are told to use them', () => {
  expect(ownEnvironment(shell, { useGiven: true })).toEqual(shell);
});

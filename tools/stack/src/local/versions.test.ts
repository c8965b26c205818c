import { expect, test } from '@jest/globals';
import { redisVersionOf } from '../probe/redis.adapter.ts';
import { javaMajorOf } from './java.ts';
import { redisMajorOf } from './redis-binary.ts';

test.each([
  ['openjdk version "17.0.15" 2025-04-15', 17],
  ['openjdk version "25" 2025-09-16', 25],
  ['java version "1.8.0_421"', 8],
  ['no java here', undefined],
])('%s is Java %s', (printed, major) => {
  expect(javaMajorOf(printed)).toBe(major);
});

test.each([
  ['Redis server v=7.0.15 sha=00000000:0 malloc=jemalloc-5.3.0 bits=64', 7],
  ['Valkey server v=9.1.2 sha=00000000:0 malloc=libc bits=64', 9],
  ['unknown option', undefined],
])('%s is of major version %s', (printed, major) => {
  expect(redisMajorOf(printed)).toBe(major);
});

test('the version that INFO gives is read from either name', () => {
  expect(redisVersionOf('# Server\r\nredis_version:7.0.15\r\n')).toBe('7.0.15');
  expect(redisVersionOf('# Server\n')).toBe('unknown');
});

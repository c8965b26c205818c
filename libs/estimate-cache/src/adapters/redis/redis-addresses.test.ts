import { expect, test } from '@jest/globals';
import { redisAddressesOf } from './redis-addresses.ts';

test.each([
  ['redis://cache:6380', ['cache:6380'], 'redis://n:1'],
  ['redis://cache', ['cache:6379'], 'redis://n:1'],
  ['redis://cache:6379/0', ['cache:6379'], 'redis://n:1'],
  ['redis://a:1,b:2,c', ['a:1', 'b:2', 'c:6379'], 'redis://n:1'],
  ['rediss://app:hush@a:1,b:2/', ['a:1', 'b:2'], 'rediss://app:hush@n:1'],
])('%s names %j', (url, nodes, nodeUrl) => {
  const found = redisAddressesOf(url);
  expect(found.nodes).toEqual(nodes);
  expect(found.urlOf('n:1')).toBe(nodeUrl);
});

test.each(['http://cache', 'redis://', 'redis://a:1,', 'cache:6379', 'redis://a/x'])('%s is refused', (url) => {
  expect(() => redisAddressesOf(url)).toThrow(expect.objectContaining({ code: 'CACHE_CONFIG_REFUSED' }));
});

test('a database other than 0 is refused, and nothing of the address is told', () => {
  expect(() => redisAddressesOf('redis://app:hush@a:1/3')).toThrow(
    expect.objectContaining({ code: 'CACHE_POLICY_REFUSED', message: expect.not.stringContaining('hush') }),
  );
});

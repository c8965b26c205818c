import { expect, test } from '@jest/globals';
import { FlagsAddressInvalid } from '../../errors.ts';
import { redisNodesOf } from './redis-nodes.ts';

test.each([
  ['redis://127.0.0.1:6380', ['127.0.0.1:6380'], {}],
  ['redis://host', ['host:6379'], {}],
  ['redis://a:1,b:2/0', ['a:1', 'b:2'], {}],
  ['redis://:p%40ss@host:1', ['host:1'], { password: 'p@ss' }],
  ['rediss://user:word@host:1', ['host:1'], { username: 'user', password: 'word', tls: {} }],
])('%s', (url, nodes, account) => {
  expect(redisNodesOf(url)).toMatchObject({ nodes, account });
  expect(Object.keys(redisNodesOf(url).account)).toEqual(Object.keys(account));
});

test('a node has the scheme and the account of the address', () => {
  expect(redisNodesOf('rediss://user:word@a:1,b:2').urlOf('b:2')).toBe('rediss://user:word@b:2');
});

test.each(['', 'http://host', 'redis://', 'redis://host:1/2', 'redis://a b'])('%j is none, and is not shown', (url) => {
  expect(() => redisNodesOf(url)).toThrow(FlagsAddressInvalid);
});

import { expect, test } from '@jest/globals';
import { addressOf } from './address.ts';

test.each([
  ['redis://u:p@cache:6379/0', 'cache:6379'],
  ['postgres://app:hush@[::1]:5432/porchlight', '[::1]:5432'],
  ['http://registry:8081/apis/ccompat/v7', 'registry:8081'],
  ['cache:6379', 'cache:6379'],
  ['u:hush@cache:6379', 'cache:6379'],
])('%s is at %s', (url, address) => {
  expect(addressOf(url)).toBe(address);
});

import { expect, test } from '@jest/globals';
import { addressOf } from './address-of.ts';

test.each([
  ['203.0.113.7', '203.0.113.7'],
  ['::ffff:203.0.113.7', '203.0.113.7'],
  ['::FFFF:203.0.113.7', '203.0.113.7'],
  ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
  ['2001:0DB8:0001:0002::1', '2001:db8:1:2::/64'],
  ['2001:db8:1:2::', '2001:db8:1:2::/64'],
  ['2001:db8::6', '2001:db8:0:0::/64'],
  ['::1', '0:0:0:0::/64'],
  ['::', '0:0:0:0::/64'],
  ['64:ff9b::203.0.113.7', '64:ff9b:0:0::/64'],
  ['1:2:3:4:5:6:203.0.113.7', '1:2:3:4::/64'],
  ['fe80::1%eth0', 'fe80:0:0:0::/64'],
])('%s is counted as %s', (address, counted) => {
  expect(addressOf(address, '127.0.0.1')).toBe(counted);
});

test.each(['', 'unknown', '_hidden', '203.0.113.7:443', '999.1.1.1', '2001:db8::1::2', '::ffff:999.1.1.1', '"; DROP'])(
  'what is no address (%s) is counted as the one who said it',
  (said) => {
    expect(addressOf(said, '192.0.2.1')).toBe('192.0.2.1');
    expect(addressOf(said, '2001:db8:1:2::9')).toBe('2001:db8:1:2::/64');
    expect(addressOf(said, said)).toBe('unknown');
  },
);

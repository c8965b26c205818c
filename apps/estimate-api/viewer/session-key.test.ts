import { expect, test } from '@jest/globals';
import { sessionKeyOf } from './session-key.ts';

test('is an HMAC-SHA256 of the session id, cut to 128 bits', () => {
  // RFC 4231, test case 2
  expect(sessionKeyOf('what do ya want for nothing?', 'Jefe')).toBe(
    Buffer.from('5bdcc146bf60754e6a042426089575c7', 'hex').toString('base64url'),
  );
});

test('differs with the key, and is random without a session', () => {
  expect(sessionKeyOf('ada', 'one key')).not.toBe(sessionKeyOf('ada', 'another'));
  expect(sessionKeyOf(undefined, 'k')).not.toBe(sessionKeyOf(undefined, 'k'));
  expect(sessionKeyOf('', 'k')).not.toBe(sessionKeyOf('', 'k'));
});

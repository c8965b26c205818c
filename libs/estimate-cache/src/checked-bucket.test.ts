import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { BUCKETS, checkedBucketOf } from './checked-bucket.ts';
import { crc16 } from './crc16.ts';
import { PROPERTY_ID } from './keys.ts';

test.each(['\u0141', 'a\u0141', '\u0141a', '\u{1f3e0}', 'é'])(
  '%s is no id, though its last byte may be that of an A',
  (text) => {
    expect(checkedBucketOf(text)).toBeNull();
  },
);

test('one pass says what the pattern and the checksum say, of ids and of anything else', () => {
  const nearlyIds = fc.string({
    // the last byte of \u0141 is that of an A
    unit: fc.constantFrom('a', 'Z', '0', '_', '-', '.', '{', 'é', '\u0141', '\u{1f3e0}'),
    maxLength: 70,
  });
  fc.assert(
    fc.property(
      fc.oneof(fc.stringMatching(/^[A-Za-z0-9_-]{1,64}$/), nearlyIds, fc.string({ unit: 'binary' })),
      (text) => {
        expect(checkedBucketOf(text)).toBe(PROPERTY_ID.test(text) ? crc16(text) % BUCKETS : null);
      },
    ),
  );
});

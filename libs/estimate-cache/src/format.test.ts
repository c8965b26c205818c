import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { parseValue, printValue } from './format.ts';
import type { StoredValue } from './home-state.ts';

const whole = fc.maxSafeNat();
const id = fc.stringMatching(/^[A-Za-z0-9_-]{1,64}$/);
const values: fc.Arbitrary<StoredValue> = fc
  .record({
    class: fc.constantFrom('s' as const, 'w' as const),
    facts: fc.record({
      visibilityVersion: whole,
      status: fc.constantFrom('unknown' as const, 'active' as const, 'off_market' as const),
      mlsId: fc.option(id),
      overrideLevel: fc.option(
        fc.constantFrom(
          'unknown' as const,
          'unregistered' as const,
          'registered' as const,
          'verified' as const,
          'agent' as const,
          'nobody' as const,
        ),
      ),
      checkedAt: whole,
    }),
    estimateVersion: fc.option(whole),
    acquiredAt: whole,
    softExpiryAt: whole,
    hardExpiryAt: whole,
    estimateJson: fc.option(fc.record({ valueUsd: whole }).map((estimate) => JSON.stringify(estimate))),
  })
  .filter((value) => value.estimateVersion !== null || value.estimateJson === null);

test('what was printed is read back the same', () => {
  fc.assert(
    fc.property(values, (value) => {
      const parsed = parseValue(Buffer.from(printValue(value)));
      if ('rejected' in parsed) throw new Error(`rejected: ${parsed.rejected}`);
      expect({ ...parsed.head, estimateJson: parsed.json?.toString() ?? null }).toEqual(value);
    }),
  );
});

test('a string that was cut off is never read as another value', () => {
  fc.assert(
    fc.property(values, fc.nat(), (value, at) => {
      const bytes = Buffer.from(printValue(value));
      expect(parseValue(bytes.subarray(0, at % bytes.length))).toHaveProperty('rejected');
    }),
  );
});

test('arbitrary bytes are rejected, never thrown at', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
      expect(parseValue(Buffer.from(bytes))).toHaveProperty('rejected');
    }),
  );
});

test('the layout is the one that stored values have', () => {
  const text = '1|s|7|a|mls-9|2|1764000000000|12|1763999999000|1764000254000|1764000299000|2|{}';
  expect(parseValue(Buffer.from(text))).toEqual({
    head: {
      class: 's',
      facts: {
        visibilityVersion: 7,
        status: 'active',
        mlsId: 'mls-9',
        overrideLevel: 'registered',
        checkedAt: 1_764_000_000_000,
      },
      estimateVersion: 12,
      acquiredAt: 1_763_999_999_000,
      softExpiryAt: 1_764_000_254_000,
      hardExpiryAt: 1_764_000_299_000,
    },
    json: Buffer.from('{}'),
  });
});

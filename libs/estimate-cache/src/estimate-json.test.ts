import { expect, test } from '@jest/globals';
import { estimateJsonOf } from './estimate-json.ts';

const ESTIMATE = { valueUsd: 512_000, lowUsd: 486_000, highUsd: 538_000, computedAt: 1_700_000_000_000 };

test('prints the fields of the schema in their order, whatever the order and the rest of what it is given', () => {
  const { valueUsd, ...rest } = ESTIMATE;
  const given = { estimateVersion: 7, ...rest, valueUsd, secret: 'x' };
  expect(estimateJsonOf('p1', given, 1_024)).toBe(
    '{"valueUsd":512000,"lowUsd":486000,"highUsd":538000,"computedAt":1700000000000}',
  );
});

test('is one line, since streams end a home at its line break', () => {
  expect(estimateJsonOf('p1', ESTIMATE, 1_024)).not.toMatch(/[\r\n]/);
});

test('leaves out what is null, as what was stored before there was such a field', () => {
  const given = { ...ESTIMATE, lowUsd: null } as unknown as typeof ESTIMATE;
  expect(estimateJsonOf('p1', given, 1_024)).toBe('{"valueUsd":512000,"highUsd":538000,"computedAt":1700000000000}');
});

test.each([1.5, -1, Number.NaN, Infinity, 2 ** 53, undefined, {}])('refuses %p where a number stands', (lowUsd) => {
  const given = { ...ESTIMATE, lowUsd } as unknown as typeof ESTIMATE;
  expect(() => estimateJsonOf('p1', given, 1_024)).toThrow('p1');
});

test('counts bytes, not letters, and refuses one too many', () => {
  const given = { ...ESTIMATE, valueUsd: 'é'.repeat(10) } as unknown as typeof ESTIMATE;
  const bytes = Buffer.byteLength(estimateJsonOf('p1', given, 1_024));
  expect(() => estimateJsonOf('p1', given, bytes - 1)).toThrow(`${bytes}`);
  expect(estimateJsonOf('p1', given, bytes)).toHaveLength(bytes - 10);
});

import { expect, test } from '@jest/globals';
import { estimateFields } from './estimate-fields.ts';
import { schemas } from './generated/schemas.ts';

test('clients get the fields of an estimate in the order of its schema', () => {
  expect(estimateFields).toEqual(['valueUsd', 'lowUsd', 'highUsd', 'computedAt']);
});

test('a warm-up carries each of them, and the version, so that both ways into the cache store the same', () => {
  const warm = JSON.stringify(schemas['warmup.estimates']);
  const names = [...warm.matchAll(/"name":"(\w+)"/g)].map(([, name]) => name);
  const from = names.indexOf('Estimate');
  expect(names.slice(from + 1, from + 2 + estimateFields.length)).toEqual(['estimateVersion', ...estimateFields]);
});

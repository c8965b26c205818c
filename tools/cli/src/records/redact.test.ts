import { expect, test } from '@jest/globals';
import { schemas } from '@porchlight/contracts';
import { hiddenFields, HIDDEN, keyText, personalFields, redact } from './redact.ts';

/** Every field of every schema of ours, at any depth. */
function fieldNames(schema: unknown): string[] {
  if (Array.isArray(schema)) return schema.flatMap(fieldNames);
  if (typeof schema !== 'object' || schema === null) return [];
  const { name, fields, items, type } = schema as Record<string, unknown>;
  const inside = [...fieldNames(fields), ...fieldNames(items), ...fieldNames(type)];
  return fields === undefined && typeof name === 'string' ? [name, ...inside] : inside;
}

const known = [...new Set(Object.values(schemas).flatMap(fieldNames))];

test('every price in a schema of ours is a hidden field, and everything that names a viewer or a session is personal', () => {
  const prices = known.filter((name) => /usd|price|amount/i.test(name));
  const people = known.filter((name) => /session|viewer|user|email|person/i.test(name));
  expect(prices.toSorted()).toEqual([...hiddenFields].toSorted());
  expect(people.toSorted()).toEqual([...personalFields].toSorted());
});

test('hides at any depth, in lists too, and leaves the rest', () => {
  const value = { items: [{ propertyId: 'p1', estimate: { valueUsd: 1, computedAt: 2 } }], tile: '16/1/1' };
  expect(redact(value)).toEqual({
    items: [{ propertyId: 'p1', estimate: { valueUsd: HIDDEN, computedAt: 2 } }],
    tile: '16/1/1',
  });
});

test('that there is no estimate is not hidden', () => {
  expect(redact({ estimate: null, valueUsd: null })).toEqual({ estimate: null, valueUsd: null });
});

test('reveals prices and never sessions', () => {
  expect(redact({ valueUsd: 1, sessionKey: 'abc' }, { reveal: true })).toEqual({
    valueUsd: 1,
    sessionKey: '(redacted)',
  });
});

test('a key that names a session is not shown, nor one of which nobody knows the topic', () => {
  const key = Buffer.from('k');
  expect([
    keyText('map.viewport-viewed', key),
    keyText('porchlight.forecaster.changelog', key),
    keyText(undefined, key),
    keyText('estimate.updated', key),
    keyText('estimate.updated', null),
  ]).toEqual(['(redacted)', '(redacted)', '(redacted)', 'k', null]);
});

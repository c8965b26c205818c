import { expect, test } from '@jest/globals';
import { randomNonce, warmNonce } from './nonce.ts';

const position = { topic: 'warmup.candidates', partition: 3, offset: '41', propertyId: 'p1' };

test('a warm nonce is the same for every delivery of a record, however its offset is written', () => {
  const nonce = warmNonce(position);
  expect(nonce).toMatch(/^[A-Za-z0-9_-]{22}$/);
  expect(warmNonce({ ...position })).toBe(nonce);
  expect(warmNonce({ ...position, offset: 41 })).toBe(nonce);
  expect(warmNonce({ ...position, offset: 41n })).toBe(nonce);
});

test('another topic, partition, offset or home has another nonce', () => {
  const others = [
    position,
    { ...position, topic: 'warmup.requests' },
    { ...position, partition: 34, offset: '1' },
    { ...position, offset: '42' },
    { ...position, propertyId: 'p2' },
  ];
  expect(new Set(others.map(warmNonce)).size).toBe(others.length);
});

test('random nonces differ', () => {
  expect(new Set(Array.from({ length: 1_000 }, randomNonce)).size).toBe(1_000);
  expect(randomNonce()).toMatch(/^[A-Za-z0-9_-]{22}$/);
});

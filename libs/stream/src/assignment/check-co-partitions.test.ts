import { expect, test } from '@jest/globals';
import { checkCoPartitions } from './check-co-partitions.ts';

const counts: Record<string, number> = { clicks: 12, homes: 12, prices: 6 };
const partitionsOf = (topic: string): number => counts[topic] ?? 0;

test('topics with the same number of partitions may be read together', () => {
  expect(() => checkCoPartitions([['clicks', 'homes'], ['prices']], partitionsOf)).not.toThrow();
});

test('topics with different numbers are refused, with every count', () => {
  expect(() => checkCoPartitions([['clicks', 'prices']], partitionsOf)).toThrow(
    expect.objectContaining({
      code: 'CO_PARTITION_MISMATCH',
      fate: 'crash',
      message: expect.stringContaining('clicks has 12, prices has 6'),
    }),
  );
});

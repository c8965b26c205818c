import { expect, test } from '@jest/globals';
import { replicationOn } from './replication-for.ts';

test('a replica on each broker, three at most', () => {
  expect([1, 2, 3, 4, 9].map(replicationOn)).toEqual([1, 2, 3, 3, 3]);
});

import { expect, test } from '@jest/globals';
import type { Facts } from '@porchlight/contracts';
import { judgeTickets, type WonTicket } from './judge-tickets.ts';

const facts: Facts = {
  visibilityVersion: 1,
  status: 'active',
  mlsId: 'm1',
  overrideLevel: null,
  checkedAt: 1_000,
};
const won: WonTicket = {
  propertyId: 'p1',
  ticket: { epoch: 'e', nonce: 'n', acquiredAt: 900, seenSoftExpiryAt: null },
  factsFence: 0,
};

test('facts are judged by the rules that count for facts of their time', () => {
  const loosenedAt = (seenAt: number) => ({
    get: (mlsId: string, asOfAt = Number.NEGATIVE_INFINITY) => {
      const level = asOfAt >= seenAt ? 'unregistered' : 'nobody';
      return { mlsId, ruleVersion: 2, activeLevel: level, offMarketLevel: level } as const;
    },
  });
  const judged = (seenAt: number) => judgeTickets([won], new Map([['p1', facts]]), loosenedAt(seenAt));
  expect(judged(1_001).hidden).toEqual([{ ...won, facts }]);
  expect(judged(1_000).requested).toEqual([{ propertyId: 'p1', ticket: won.ticket, facts }]);
});

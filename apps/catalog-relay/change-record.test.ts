import { describe, expect, test } from '@jest/globals';
import { memorySerde, topics } from '@porchlight/contracts';
import { BadOutboxRow, changeRecordOf } from './change-record.ts';

const changeTopics = {
  ListingStatusChanged: topics.listingStatusChanged,
  SellerOverrideChanged: topics.sellerOverrideChanged,
  MlsRuleChanged: topics.mlsRuleChanged,
};
const serde = memorySerde();
const recordOf = (type: string, aggregateId: string, payload: unknown) =>
  changeRecordOf({ id: 1, type, aggregateId, payload }, changeTopics, serde);

const status = {
  propertyId: 'p-1',
  visibilityVersion: 7,
  status: 'active',
  mlsId: 'm-1',
  changedAt: 1_700_000_000_000,
};
const override = { propertyId: 'p-1', visibilityVersion: 8, level: 'agent', changedAt: 1_700_000_000_001 };
const rule = { mlsId: 'm-1', ruleVersion: 2, activeLevel: 'registered', offMarketLevel: 'nobody', changedAt: 3 };

describe('the record of an outbox row', () => {
  test.each([
    ['ListingStatusChanged', topics.listingStatusChanged, 'p-1', status],
    ['ListingStatusChanged', topics.listingStatusChanged, 'p-1', { ...status, mlsId: null }],
    ['SellerOverrideChanged', topics.sellerOverrideChanged, 'p-1', override],
    ['SellerOverrideChanged', topics.sellerOverrideChanged, 'p-1', { ...override, level: null }],
    ['MlsRuleChanged', topics.mlsRuleChanged, 'm-1', rule],
  ] as const)('%s goes to its topic under its key, as Avro', async (type, topic, key, payload) => {
    const { value, ...rest } = recordOf(type, key, payload);
    expect(rest).toEqual({ topic: topic.name, key });
    expect({ ...((await serde.decode<unknown>(topic, value)) as object) }).toEqual(payload);
  });

  test.each([
    ['a type that has no topic', 'PriceChanged', 'p-1', status],
    ['no object', 'ListingStatusChanged', 'p-1', null],
    ['a field too few', 'MlsRuleChanged', 'm-1', { ...rule, activeLevel: undefined }],
    ['a status that there is not', 'ListingStatusChanged', 'p-1', { ...status, status: 'unknown' }],
    ['a level that there is not', 'SellerOverrideChanged', 'p-1', { ...override, level: 'owner' }],
    ['a version beyond 2^53 - 1', 'SellerOverrideChanged', 'p-1', { ...override, visibilityVersion: 2 ** 53 }],
    ['a version of 0', 'MlsRuleChanged', 'm-1', { ...rule, ruleVersion: 0 }],
    ['an id that is none', 'ListingStatusChanged', 'p 1', { ...status, propertyId: 'p 1' }],
    ['the key of another home', 'ListingStatusChanged', 'p-2', status],
  ])('%s makes no record, for good', (_, type, key, payload) => {
    expect(() => recordOf(type, key, payload)).toThrow(BadOutboxRow);
  });

  test('a field that newer triggers add is left out', async () => {
    const { value } = recordOf('MlsRuleChanged', 'm-1', { ...rule, note: 'x' });
    expect({ ...((await serde.decode<unknown>(topics.mlsRuleChanged, value)) as object) }).toEqual(rule);
  });

  test('the error names the field and never the value', () => {
    const attempt = () => recordOf('SellerOverrideChanged', 'p-1', { ...override, level: 'hidden-value' });
    expect(attempt).toThrow('SellerOverrideChanged with a wrong level');
    expect(attempt).not.toThrow('hidden-value');
  });
});

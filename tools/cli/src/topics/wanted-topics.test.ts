import { expect, test } from '@jest/globals';
import { allWantedTopics } from './wanted-topics.ts';

const HOUR = '3600000';
const DAY = '86400000';
const WEEK = '604800000';
const FORTNIGHT = '1209600000';
const FOUR_WEEKS = '2419200000';

test('the topics, the state of apps, and of the stream apps the dead letters and what became of them, as the design fixes them', () => {
  const rows = allWantedTopics(3).map(({ name, partitions, configs }) => [
    name,
    partitions,
    configs['retention.ms'],
    configs['cleanup.policy'],
  ]);
  expect(rows).toEqual([
    ['map.viewport-viewed', 6, WEEK, 'delete'],
    ['warmup.candidates', 24, HOUR, 'delete'],
    ['warmup.requests', 12, HOUR, 'delete'],
    ['warmup.estimates', 12, HOUR, 'delete'],
    ['visibility.mls-rule-changed', 3, FORTNIGHT, 'compact'],
    ['visibility.seller-override-changed', 12, FORTNIGHT, 'delete'],
    ['listing.status-changed', 12, FORTNIGHT, 'delete'],
    ['estimate.updated', 12, FORTNIGHT, 'delete'],
    ['porchlight.forecaster.changelog', 6, DAY, 'compact'],
    ['porchlight.forecaster.dlq', 1, FORTNIGHT, 'delete'],
    ['porchlight.request-filter.dlq', 1, FORTNIGHT, 'delete'],
    ['porchlight.data-fetcher.dlq', 1, FORTNIGHT, 'delete'],
    ['porchlight.data-writer.dlq', 1, FORTNIGHT, 'delete'],
    ['porchlight.invalidator.dlq', 1, FORTNIGHT, 'delete'],
    ['porchlight.forecaster.dlq.settled', 1, FOUR_WEEKS, 'delete'],
    ['porchlight.request-filter.dlq.settled', 1, FOUR_WEEKS, 'delete'],
    ['porchlight.data-fetcher.dlq.settled', 1, FOUR_WEEKS, 'delete'],
    ['porchlight.data-writer.dlq.settled', 1, FOUR_WEEKS, 'delete'],
    ['porchlight.invalidator.dlq.settled', 1, FOUR_WEEKS, 'delete'],
  ]);
});

test('two replicas must be in sync where there are three, one where there are fewer', () => {
  const inSync = (replication: number) =>
    new Set(allWantedTopics(replication).map(({ configs }) => configs['min.insync.replicas']));
  expect([inSync(3), inSync(2), inSync(1)]).toEqual([new Set(['2']), new Set(['1']), new Set(['1'])]);
});

test('a changelog is left as it was written for an hour, so that what a zombie wrote over can be found', () => {
  const found = allWantedTopics(3).map(({ name, configs }) => [name, configs['min.compaction.lag.ms']]);
  expect(found.filter(([, lag]) => lag !== undefined)).toEqual([['porchlight.forecaster.changelog', HOUR]]);
});

test('a dead letter may be longer than the record in it', () => {
  const topics = allWantedTopics(3);
  expect(topics.filter(({ configs }) => configs['max.message.bytes'] === '2097152').map(({ name }) => name)).toEqual(
    topics.filter(({ name }) => name.endsWith('.dlq')).map(({ name }) => name),
  );
});

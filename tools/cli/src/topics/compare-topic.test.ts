import { describe, expect, test } from '@jest/globals';
import { compareTopic, type FoundTopic } from './compare-topic.ts';
import type { WantedTopic } from './wanted-topics.ts';

const wanted: WantedTopic = {
  name: 'estimate.updated',
  partitions: 12,
  replication: 3,
  configs: { 'cleanup.policy': 'delete', 'retention.ms': '1000' },
};
const asWanted: FoundTopic = { ...wanted, configs: { ...wanted.configs, 'segment.bytes': '1' } };

const compare = (found: Partial<FoundTopic>) =>
  compareTopic({ wanted, found: { ...asWanted, ...found }, brokers: 'a:9092' });

test('a topic as wanted has no differences; configs that the code does not name may be anything', () => {
  expect(compare({})).toEqual([]);
});

describe('differs', () => {
  test('with fewer partitions, which can be added', () => {
    expect(compare({ partitions: 6 })).toEqual([
      {
        what: 'partitions',
        wanted: '12',
        found: '6',
        mend: expect.stringMatching(
          /^kafka-topics\.sh --bootstrap-server a:9092 --alter --topic estimate\.updated --partitions 12 /,
        ),
      },
    ]);
  });
  test('with more partitions, which cannot be taken away', () => {
    expect(compare({ partitions: 24 })[0]?.mend).toMatch(/^Kafka takes no partition away/);
  });
  test('with other replicas: perhaps the command meant another number', () => {
    expect(compare({ replication: 1 })).toEqual([
      {
        what: 'replicas',
        wanted: '3',
        found: '1',
        mend: expect.stringContaining('npx porchlight topics apply --replication 1'),
      },
    ]);
  });
  test('with each config by itself, also one that the broker does not tell', () => {
    const command =
      'kafka-configs.sh --bootstrap-server a:9092 --alter --entity-type topics --entity-name estimate.updated --add-config';
    expect(compare({ configs: { 'cleanup.policy': 'compact' } })).toEqual([
      { what: 'cleanup.policy', wanted: 'delete', found: 'compact', mend: `${command} cleanup.policy=delete` },
      { what: 'retention.ms', wanted: '1000', found: 'absent', mend: `${command} retention.ms=1000` },
    ]);
  });
});

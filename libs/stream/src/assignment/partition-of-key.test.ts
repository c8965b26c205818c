import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import kafkajs from 'kafkajs';
import { murmur2, partitionOfKey } from './partition-of-key.ts';

/** From the Java client's own test of its hash (UtilsTest.testMurmur2). */
const JAVA_VECTORS: [string, number][] = [
  ['21', -973932308],
  ['foobar', -790332482],
  ['a-little-bit-long-string', -985981536],
  ['a-little-bit-longer-string', -1486304829],
  ['lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8', -58897971],
  ['abc', 479470107],
];

const partitionerOfProducers = kafkajs.Partitioners.DefaultPartitioner();
const metadataOf = (partitions: number): kafkajs.PartitionMetadata[] =>
  Array.from({ length: partitions }, (_, partitionId) => ({
    ...{ partitionErrorCode: 0, partitionId, leader: 0, replicas: [0], isr: [0] },
  }));
const chosenByProducer = (key: Buffer, partitions: number): number =>
  partitionerOfProducers({
    topic: 't',
    partitionMetadata: metadataOf(partitions),
    message: { key, value: null, headers: {} },
  });

/** A count of partitions so large that the remainder is the hash itself, sign bit off. */
const ALL = 0x7fff_ffff;

describe('the hash of a key', () => {
  test.each(JAVA_VECTORS)('of %s is that of the Java client', (text, hash) => {
    expect(murmur2(Buffer.from(text))).toBe(hash);
  });

  test.each(JAVA_VECTORS)(
    'places %s where the Java client would, in every number of partitions up to 64',
    (text, hash) => {
      const counts = Array.from({ length: 64 }, (_, index) => index + 1);
      const expected = counts.map((count) => (hash & ALL) % count);
      expect(counts.map((count) => partitionOfKey(text, count))).toEqual(expected);
      expect(counts.map((count) => chosenByProducer(Buffer.from(text), count))).toEqual(expected);
    },
  );

  test('places any key, whatever its bytes and length, where the producers do', () => {
    const bytes = fc.uint8Array({ maxLength: 70 });
    const partitions = fc.integer({ min: 1, max: 200 });
    fc.assert(
      fc.property(bytes, partitions, (key, count) => {
        expect(partitionOfKey(key, count)).toBe(chosenByProducer(Buffer.from(key), count));
      }),
      { numRuns: 2_000 },
    );
  });

  test('of a text is that of its UTF-8 bytes', () => {
    expect(partitionOfKey('Zürich/☃', 1_000)).toBe(partitionOfKey(Buffer.from('Zürich/☃', 'utf8'), 1_000));
  });
});

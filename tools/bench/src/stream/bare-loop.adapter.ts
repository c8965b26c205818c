import { memorySerde, renamedTopic, topics } from '@porchlight/contracts';
import { Kafka, logLevel, Partitioners } from 'kafkajs';
import { SENT_AT, type MemberOptions, type OnRecord, type RunningArm } from './arm.ts';
import { fetchLimits } from './fetch-limits.ts';

/**
 * The twin: kafkajs and nothing else, written as its documentation shows. It decodes, encodes, sends the outputs of a batch in one call and commits
 * after it; it keeps no promise beyond that.
 */
export async function runBareLoop(options: MemberOptions, onRecord: OnRecord): Promise<RunningArm> {
  const serde = memorySerde();
  const input = renamedTopic(topics.sellerOverrideChanged, options.input);
  const output = renamedTopic(topics.sellerOverrideChanged, options.output);
  const kafka = new Kafka({ clientId: 'bench', brokers: options.brokers.split(','), logLevel: logLevel.NOTHING });
  const producer = kafka.producer({
    createPartitioner: Partitioners.DefaultPartitioner,
    allowAutoTopicCreation: false,
    maxInFlightRequests: 1,
  });
  const consumer = kafka.consumer({ groupId: options.groupId, allowAutoTopicCreation: false, ...fetchLimits });
  let acknowledged = 0;
  await Promise.all([producer.connect(), consumer.connect()]);
  await consumer.subscribe({ topic: input.name, fromBeginning: true });
  await consumer.run({
    autoCommit: false,
    eachBatchAutoResolve: false,
    partitionsConsumedConcurrently: 256,
    eachBatch: async (payload) => {
      const { batch } = payload;
      const messages = batch.messages.map(({ key, value, headers }) => {
        const decoded = serde.decode(input, value ?? Buffer.alloc(0));
        onRecord(Number(headers?.[SENT_AT]));
        return { key, value: serde.encode(output, decoded as Awaited<typeof decoded>) };
      });
      const last = batch.lastOffset();
      await producer.send({ topic: output.name, acks: -1, messages });
      payload.resolveOffset(last);
      const next = String(BigInt(last) + 1n);
      const partitions = [{ partition: batch.partition, offset: next }];
      await payload.commitOffsetsIfNecessary({ topics: [{ topic: input.name, partitions }] });
      acknowledged += messages.length;
      await payload.heartbeat();
    },
  });
  return {
    acknowledged: () => acknowledged,
    async stop() {
      await consumer.disconnect();
      await producer.disconnect();
    },
  };
}

import { memorySerde, renamedTopic, topics, type SellerOverrideChanged } from '@porchlight/contracts';
import {
  createKafkaStreamApp,
  localSettings,
  productionSettings,
  silentLogger,
  type StreamRecord,
  type TaskDefinition,
} from '@porchlight/stream';
import { SENT_AT, type MemberOptions, type OnRecord, type RunningArm } from './arm.ts';

/** A task of libs/stream that does what the bare loop does: one output for each record, the value passed on. */
export async function runTaskArm(options: MemberOptions, onRecord: OnRecord): Promise<RunningArm> {
  const input = renamedTopic(topics.sellerOverrideChanged, options.input);
  const output = renamedTopic(topics.sellerOverrideChanged, options.output);
  const definition: TaskDefinition<SellerOverrideChanged> = {
    inputs: [input],
    order: 'partition',
    startFrom: 'earliest',
    createTask: () => ({
      process({ key, value, headers }: StreamRecord<SellerOverrideChanged>, collector) {
        onRecord(Number(headers[SENT_AT]));
        collector.send(output, key ?? '', value);
      },
    }),
  };
  const app = createKafkaStreamApp({
    connection: { brokers: options.brokers.split(','), clientId: 'bench' },
    groupId: options.groupId,
    definitions: [definition],
    outputs: [output],
    serde: memorySerde(),
    log: silentLogger,
    settings: options.settings === 'production' ? productionSettings : localSettings,
    onFatal: (error) => {
      throw error;
    },
  });
  await app.start();
  return {
    // every partition begins at 0 here, so the offsets that a commit would write are counts of records
    acknowledged: () => app.state().partitions.reduce((sum, { nextOffset }) => sum + Number(nextOffset ?? 0), 0),
    stop: () => app.stop(),
  };
}

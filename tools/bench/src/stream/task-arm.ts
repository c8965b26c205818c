import { memorySerde, renamedTopic, topics, type SellerOverrideChanged } from '@porchlight/contracts';
import {
  createKafkaStreamApp,
  localSettings,
  productionSettings,
  silentLogger,
  type StreamApp,
  type StreamRecord,
  type TaskDefinition,
} from '@porchlight/stream';
import { SENT_AT, type MemberOptions, type OnRecord, type RunningArm } from './arm.ts';

/**
 * A task of libs/stream that does what the bare loop does: one output for each record, the value passed on. With state it also keeps the last
 * value of each key, and what it sends on is the one before.
 */
export async function runTaskArm(options: MemberOptions, onRecord: OnRecord): Promise<RunningArm> {
  const app = createKafkaStreamApp({
    connection: { brokers: options.brokers.split(','), clientId: 'bench' },
    groupId: options.groupId,
    definitions: [options.arm === 'stateful' ? statefulTask(options, onRecord) : statelessTask(options, onRecord)],
    outputs: [{ name: options.output }],
    serde: memorySerde(),
    log: silentLogger,
    settings: options.settings === 'production' ? productionSettings : localSettings,
    ...(options.stateDir === undefined ? {} : { stateDir: options.stateDir }),
    onFatal: (error) => {
      throw error;
    },
  });
  await app.start();
  return { acknowledged: () => acknowledgedOf(app), stop: () => app.stop() };
}

/** Every partition begins at 0 here, so the offsets that a commit would write are counts of records. */
const acknowledgedOf = (app: StreamApp): number =>
  app.state().partitions.reduce((sum, { nextOffset }) => sum + Number(nextOffset ?? 0), 0);

type Definition = TaskDefinition<SellerOverrideChanged>;
type Input = StreamRecord<SellerOverrideChanged>;

function statelessTask(options: MemberOptions, onRecord: OnRecord): Definition {
  const output = renamedTopic(topics.sellerOverrideChanged, options.output);
  return {
    inputs: [renamedTopic(topics.sellerOverrideChanged, options.input)],
    order: 'partition',
    startFrom: 'earliest',
    createTask: () => ({
      process({ key, value, headers }: Input, collector) {
        onRecord(Number(headers[SENT_AT]));
        collector.send(output, key ?? '', value);
      },
    }),
  };
}

function statefulTask(options: MemberOptions, onRecord: OnRecord): Definition {
  const output = renamedTopic(topics.sellerOverrideChanged, options.output);
  const latest = { name: 'latest', values: renamedTopic(topics.sellerOverrideChanged, 'bench.latest') };
  return {
    inputs: [renamedTopic(topics.sellerOverrideChanged, options.input)],
    order: 'partition',
    startFrom: 'earliest',
    stores: [latest],
    createTask(_at, context) {
      const store = context.store(latest);
      return {
        process({ key, value, headers }: Input, collector) {
          onRecord(Number(headers[SENT_AT]));
          const before = store.get(key ?? '');
          store.put(key ?? '', value);
          collector.send(output, key ?? '', before ?? value);
        },
      };
    },
  };
}

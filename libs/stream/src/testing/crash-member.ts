/**
 * A process of a group for the test that kills one: forwards every record, never commits by itself within the test, and says what it has done.
 * Arguments: brokers, groupId, input, output, commitEveryMs, client (kafkajs by default).
 */
import { localSettings } from '../adapters/kafkajs/kafkajs-settings.ts';
import { silentLogger } from '../log.ts';
import type { Topic } from '../port.ts';
import { createAppToTest, jsonSerde, type ClientToTest } from './real-kafka.ts';

const [brokers = '', groupId = '', inputName = '', outputName = '', commitEveryMs = '5000', client = 'kafkajs'] =
  process.argv.slice(2);
const input: Topic<{ n: number }> = { name: inputName };
const output: Topic<{ n: number; by: string }> = { name: outputName };
const options: Parameters<typeof createAppToTest>[0] = {
  connection: { brokers: brokers.split(','), clientId: 'crash-member' },
  groupId,
  serde: jsonSerde,
  log: silentLogger,
  settings: { ...localSettings, runLoop: { ...localSettings.runLoop, commitEveryMs: Number(commitEveryMs) } },
  onFatal: (error) => {
    process.stderr.write(`${error.message}\n`);
    process.exit(1);
  },
  definitions: [
    {
      inputs: [input],
      order: 'partition',
      startFrom: 'earliest',
      createTask: () => ({
        process: (record, collector) => {
          const { n } = record.value as { n: number };
          collector.send(output, record.key ?? '', { n, by: 'killed' });
          process.stdout.write(`${n}\n`);
        },
      }),
    },
  ],
};
await createAppToTest(options, client as ClientToTest).start();

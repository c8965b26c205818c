/** A member of the group, a process of its own: argument 1 is MemberOptions as JSON. It ends when its parent does. */
import { codeOf, createKafkaStreamApp, noMetrics, type StreamMetrics } from '@porchlight/stream';
import { taskOf } from './task-of.ts';
import { createFileLog } from './file-log.ts';
import { jsonSerde } from './json-serde.ts';
import type { MemberMessage, MemberOptions } from './member-protocol.ts';

const PROGRESS_EVERY = 10;

const options = JSON.parse(process.argv[2] ?? '{}') as MemberOptions;
const log = createFileLog(options.logFile);
const tell = (message: MemberMessage): void => void process.send?.(message);

let assignment = 0;
let uncommitted = 0;

const metrics: StreamMetrics = {
  ...noMetrics,
  rebalanced: (partitions) => {
    assignment += 1;
    tell({ kind: 'assigned', assignment, partitions });
  },
  committed: () => (uncommitted = 0),
  restored: ({ partition }, records) => tell({ kind: 'restored', partition, records }),
};

const { output, definition } = taskOf(options, {
  assignment: () => assignment,
  onSlow: (partition) => tell({ kind: 'slow', partition }),
  onProcessed: () => {
    uncommitted += 1;
    if (uncommitted % PROGRESS_EVERY === 0) tell({ kind: 'progress', uncommitted });
  },
});

const app = createKafkaStreamApp({
  connection: { brokers: options.brokers, clientId: options.name },
  groupId: options.groupId,
  definitions: [definition],
  outputs: [output],
  serde: jsonSerde,
  ...(options.stateDir === undefined ? {} : { stateDir: options.stateDir }),
  log,
  metrics,
  settings: options.settings,
  onFatal: (error) => {
    log.error('fatal', { code: codeOf(error, 'UNKNOWN'), message: error.message, stack: error.stack });
    tell({ kind: 'fatal', code: codeOf(error, 'UNKNOWN'), message: error.message });
    void app.stop().then(() => process.exit(1));
  },
});

const stop = (): void => void app.stop().then(() => process.exit(0));
process.on('SIGTERM', stop);
process.on('disconnect', stop);
await app.start();

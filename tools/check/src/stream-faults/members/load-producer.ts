/** The producer, a process of its own: argument 1 is LoadOptions as JSON. It knows every record that the brokers acknowledged. */
import { setTimeout as delay } from 'node:timers/promises';
import '@porchlight/stream';
import kafkajs from 'kafkajs';
import type { InputValue, LoadCommand, LoadMessage, LoadOptions } from './member-protocol.ts';

const TICK_MS = 25;
const BATCH_MAX = 5_000;
const RETRY_MS = 250;
const TOLD_EVERY_MS = 500;
/** New partitions are written to soon after they are there. */
const METADATA_AGE_MS = 3_000;

const {
  brokers,
  keyPrefix,
  topic,
  keys,
  recordsPerSecond,
  recordsMax = Infinity,
} = JSON.parse(process.argv[2] ?? '{}') as LoadOptions;
const tell = (message: LoadMessage): void => void process.send?.(message);

process.env['KAFKAJS_NO_PARTITIONER_WARNING'] = '1';
const kafka = new kafkajs.Kafka({
  brokers: [...brokers],
  clientId: 'load',
  connectionTimeout: 1_000,
  requestTimeout: 5_000,
  logLevel: kafkajs.logLevel.NOTHING,
  // Never inside a send: kafkajs leaves out what it sends again to a broker that has answered already, and calls it sent.
  retry: { retries: 8, initialRetryTime: 100, maxRetryTime: 1_000 },
});
const producer = kafka.producer({
  createPartitioner: kafkajs.Partitioners.DefaultPartitioner,
  allowAutoTopicCreation: false,
  metadataMaxAge: METADATA_AGE_MS,
  maxInFlightRequests: 1,
  retry: { retries: 0 },
});

const nextSequence = new Map<string, number>();
let asked = 0;
let stopping = false;

function nextRecords(count: number): InputValue[] {
  return Array.from({ length: count }, () => {
    const key = `${keyPrefix}${asked % keys}`;
    const sequence = nextSequence.get(key) ?? 0;
    nextSequence.set(key, sequence + 1);
    asked += 1;
    return { key, sequence };
  });
}

/** One batch at a time, again and again until it is acknowledged: so the order of a key is that of its sequence, but for whole repeats. */
async function sendUntilAcknowledged(records: readonly InputValue[]): Promise<void> {
  const messages = records.map((value) => ({ key: value.key, value: JSON.stringify(value) }));
  for (;;) {
    try {
      await producer.send({ topic, acks: -1, messages });
      return;
    } catch {
      await delay(RETRY_MS);
    }
  }
}

async function connect(): Promise<void> {
  for (;;) {
    try {
      return await producer.connect();
    } catch {
      await delay(RETRY_MS);
    }
  }
}

process.on('message', (command: LoadCommand) => (stopping = command === 'stop'));
process.on('disconnect', () => process.exit(0));
await connect();
const began = performance.now();
let toldAt = began;
while (!stopping && asked < recordsMax) {
  const due = ((performance.now() - began) / 1_000) * recordsPerSecond;
  const count = Math.min(BATCH_MAX, recordsMax - asked, Math.floor(due) - asked);
  if (count > 0) await sendUntilAcknowledged(nextRecords(count));
  else await delay(TICK_MS);
  if (performance.now() - toldAt < TOLD_EVERY_MS) continue;
  toldAt = performance.now();
  tell({ kind: 'sent', records: asked });
}
// Nothing is under way here, so what was asked for is what was acknowledged. A large message takes a while to leave.
const done: LoadMessage = { kind: 'done', acknowledged: Object.fromEntries(nextSequence) };
await new Promise<void>((resolve) => (process.send === undefined ? resolve() : process.send(done, () => resolve())));
await producer.disconnect().catch(() => undefined);
process.disconnect?.();

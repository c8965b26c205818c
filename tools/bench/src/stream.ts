import { join } from 'node:path';
import { dataFolder, holdInstance, startKafkaCluster, startStack } from '@porchlight/stack';
import type { Bench, Figures, Knob, Say } from './bench.ts';
import { openBenchLog, type BenchLog } from './stream/bench-log.adapter.ts';
import { measureIdle } from './stream/idle.ts';
import { measureLatency } from './stream/latency.ts';
import { measureFlatMemory } from './stream/memory.ts';
import { measureRebalance } from './stream/rebalance.ts';
import { measureRestore } from './stream/restore.ts';
import { measureSilentBroker } from './stream/silent-broker.ts';
import { measureThroughput } from './stream/throughput.ts';
import { unlessAsked } from './unless-asked.ts';

const INSTANCE = 'bench';

interface Part {
  readonly name: string;
  /** Brokers that it is measured on. */
  readonly brokers: 1 | 3;
  readonly measures: string;
  readonly knobs: Readonly<Record<string, Knob>>;
  measure(log: BenchLog, knobs: Readonly<Record<string, number>>, say: Say): Promise<Figures>;
}

/** Each is a bench by itself. */
const parts: readonly Part[] = [
  {
    name: 'stream',
    brokers: 1,
    measures: 'Records a second per core and latency, beside a bare kafkajs loop that does the same decode and send.',
    knobs: {
      records: { default: 500_000, what: 'records of one throughput arm' },
      rounds: { default: 3, what: 'rounds, the arms interleaved in each' },
      latencyS: { default: 15, what: 'seconds of 1,000 records a second for each latency arm' },
    },
    measure: async (log, { records = 0, rounds = 1, latencyS = 0 }, say) => ({
      ...(await measureThroughput(log, { records, rounds, arms: ['bare', 'stateless', 'stateful'] }, say)),
      ...(await measureLatency(log, { seconds: latencyS, rounds }, say)),
    }),
  },
  {
    name: 'stream-memory',
    brokers: 1,
    measures: 'The heap over millions of records, and with a broker that answers nothing.',
    knobs: {
      millions: { default: 10, what: 'millions of records' },
      silentS: { default: 60, what: 'seconds without an answer' },
    },
    measure: async (log, { millions = 1, silentS = 0 }, say) => ({
      ...(await measureFlatMemory(log, { millions }, say)),
      ...(await measureSilentBroker(log, { silentS }, say)),
    }),
  },
  {
    name: 'stream-idle',
    brokers: 3,
    measures: 'Processor time of one app with 24 partitions on three brokers while nothing comes.',
    knobs: {
      seconds: { default: 30, what: 'seconds of each round' },
      rounds: { default: 3, what: 'rounds' },
    },
    measure: (log, { seconds = 1, rounds = 1 }, say) => measureIdle(log, { seconds, rounds }, say),
  },
  {
    name: 'stream-restore',
    brokers: 1,
    measures: 'From the start of a task with state to every partition processing: its disk lost, and kept.',
    knobs: { keys: { default: 1_000_000, what: 'keys in the state' } },
    measure: (log, { keys = 1 }, say) => measureRestore(log, { keys }, say),
  },
  {
    name: 'stream-rebalance',
    brokers: 1,
    measures: 'From the end of one of three members to every partition processing again, at production settings.',
    knobs: {},
    measure: (log, _knobs, say) => measureRebalance(log, say),
  },
];

interface RunningKafka {
  readonly brokers: string;
  stop(): Promise<void>;
}

async function startKafka(nodes: Part['brokers'], signal: AbortSignal): Promise<RunningKafka> {
  if (nodes === 1) {
    const stack = await startStack({ instance: INSTANCE, fresh: true, services: ['kafka'], signal });
    return { brokers: stack.kafkaBrokers, stop: () => stack.stop() };
  }
  const cluster = await startKafkaCluster({ nodes, dir: join(dataFolder(INSTANCE), 'cluster'), signal });
  return { brokers: cluster.address, stop: () => cluster.stop() };
}

async function withBenchLog(
  { nodes, say, signal }: { nodes: Part['brokers']; say: Say; signal: AbortSignal },
  measure: (log: BenchLog) => Promise<Figures>,
): Promise<Figures> {
  say(nodes === 1 ? 'starting Kafka …' : `starting ${nodes} brokers …`);
  const hold = await holdInstance({ instance: INSTANCE, marker: 'tools/bench/src/main.ts' });
  try {
    const kafka = await startKafka(nodes, signal);
    try {
      const log = await openBenchLog(kafka.brokers);
      return await unlessAsked(signal, measure(log)).finally(() => log.close());
    } finally {
      await kafka.stop();
    }
  } finally {
    await hold.release();
  }
}

export const streamBenches: readonly Bench[] = parts.map((part) => ({
  ...part,
  run: (given, say, signal) =>
    withBenchLog({ nodes: part.brokers, say, signal }, (log) => part.measure(log, given, say)),
}));

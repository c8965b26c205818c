import kafkajs from 'kafkajs';
import { quietKafkajs } from './quiet-kafkajs.adapter.ts';

const CONNECT_MS = 1_500;
const REQUEST_MS = 4_000;

/**
 * Resolves when the cluster answers and would create a topic (a broker that has just opened its port cannot yet).
 * Nothing is created: the request is only validated.
 *
 * @param brokers  comma-separated host:port list
 * @throws what kafkajs says, after one try
 */
export async function probeKafka(brokers: string, { nodes = 1 }: { nodes?: number } = {}): Promise<void> {
  quietKafkajs();
  const kafka = new kafkajs.Kafka({
    clientId: 'porchlight-stack',
    brokers: brokers.split(',').map((each) => each.trim()),
    logLevel: kafkajs.logLevel.NOTHING,
    connectionTimeout: CONNECT_MS,
    requestTimeout: REQUEST_MS,
    retry: { retries: 0 },
  });
  const admin = kafka.admin();
  try {
    await admin.connect();
    const cluster = await admin.describeCluster();
    if (cluster.brokers.length < nodes) throw new Error(`${cluster.brokers.length} of ${nodes} brokers are up`);
    await admin.createTopics({
      validateOnly: true,
      waitForLeaders: false,
      topics: [{ topic: `porchlight.probe.${process.pid}`, numPartitions: 1, replicationFactor: nodes }],
    });
  } finally {
    await admin.disconnect().catch(() => undefined);
  }
}

import type { GroupPorts } from '../groups/describe-groups.ts';
import { createGroupAdmin } from './group-admin.adapter.ts';
import { connectKafka, type KafkaClient } from './kafka-client.adapter.ts';
import { createLogReader } from './log-reader.adapter.ts';

/** What a command has while it is connected. */
export interface KafkaPorts extends GroupPorts {
  readonly client: KafkaClient;
}

/** Connects, works, and disconnects whatever happens. @throws {CliError} KAFKA_UNREACHABLE, and what the work throws */
export async function withKafka<T>(brokers: readonly string[], work: (ports: KafkaPorts) => Promise<T>): Promise<T> {
  const client = await connectKafka(brokers);
  try {
    return await work({ client, groups: createGroupAdmin(client), reader: createLogReader(client), now: Date.now });
  } finally {
    await client.close();
  }
}

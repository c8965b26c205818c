import { connectTopicAdmin } from './topic-admin.adapter.ts';

/** What production has: one broker may be away, and two still hold every record. */
const REPLICATION_MAX = 3;

/** @returns replicas of each partition on a cluster of so many brokers */
export const replicationOn = (brokers: number): number => Math.min(REPLICATION_MAX, brokers);

/**
 * How many replicas a cluster can hold: one on each broker that answers now, three at most. A cluster that is short of a
 * broker at this moment counts fewer than it should: production names its number.
 *
 * @param brokers `host:port` each; any one of the cluster is enough
 * @returns 1..3
 * @throws {CliError} KAFKA_UNREACHABLE
 */
export async function replicationFor({ brokers }: { readonly brokers: readonly string[] }): Promise<number> {
  const admin = await connectTopicAdmin(brokers);
  try {
    return replicationOn(await admin.brokers());
  } finally {
    await admin.close();
  }
}

import type { Redis } from 'ioredis';
import { closeConnection } from './redis-connection.ts';
import type { TopologyConnection } from './topology-connection.ts';

/** What a topology is made of, once its servers are judged. */
export interface JudgedServers extends Pick<TopologyConnection, 'transport' | 'warnings'> {
  /** Ends what looks at the servers again. */
  readonly stopWatching: () => void;
}

/**
 * A topology that is reached on one connection: one Redis, or one Envoy.
 *
 * @param judge  connects and judges; is given what to call when a memory may be another one though the connection stays
 * @throws whatever `judge` throws; nothing is left open then
 */
export async function topologyOnOneConnection(
  redis: Redis,
  judge: (onMemoryLost: () => void) => Promise<JudgedServers>,
): Promise<TopologyConnection> {
  let lost = 0;
  const onMemoryLost = (): void => void (lost += 1);
  try {
    const { transport, warnings, stopWatching } = await judge(onMemoryLost);
    redis.on('close', onMemoryLost);
    return {
      transport,
      warnings,
      connectionsLost: () => lost,
      isReady: () => redis.status === 'ready',
      async close() {
        stopWatching();
        await closeConnection(redis);
      },
    };
  } catch (error) {
    redis.disconnect();
    throw error;
  }
}

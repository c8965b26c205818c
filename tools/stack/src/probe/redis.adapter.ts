import { Redis } from 'ioredis';

const CONNECT_MS = 1_500;
const COMMAND_MS = 3_000;
const MAJOR_MIN = 7;

/** The server's own version number, e.g. 7.2.4 (Valkey says the Redis version that it speaks, and its own). */
export function redisVersionOf(info: string): string {
  return /^(?:valkey_version|redis_version):(\S+)/m.exec(info)?.[1] ?? 'unknown';
}

/**
 * Resolves when the server has its data loaded and answers PING.
 *
 * @throws the client's error after one try, or a refusal of a server older than 7
 */
export async function probeRedis(url: string): Promise<void> {
  const redis = new Redis(url, {
    lazyConnect: true,
    connectTimeout: CONNECT_MS,
    commandTimeout: COMMAND_MS,
    maxRetriesPerRequest: 0,
    retryStrategy: () => null,
  });
  let refused: Error | undefined;
  redis.on('error', (error: Error) => (refused = error));
  try {
    await redis.connect();
    await redis.ping();
    const version = redisVersionOf(await redis.info('server'));
    if (Number.parseInt(version, 10) < MAJOR_MIN)
      throw new Error(`the server is version ${version}; ${MAJOR_MIN} or newer is needed`);
  } catch (thrown) {
    throw refused ?? thrown;
  } finally {
    redis.disconnect();
  }
}

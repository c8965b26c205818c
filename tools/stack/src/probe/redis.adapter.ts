import { Redis, type RedisOptions } from 'ioredis';

const CONNECT_MS = 1_500;
const COMMAND_MS = 3_000;
const MAJOR_MIN = 7;

/** The server's own version number, e.g. 7.2.4 (Valkey says the Redis version that it speaks, and its own). */
export function redisVersionOf(info: string): string {
  return /^(?:valkey_version|redis_version):(\S+)/m.exec(info)?.[1] ?? 'unknown';
}

type Speech = Pick<RedisOptions, 'protocol' | 'disableClientInfo' | 'enableReadyCheck'>;

/** Acts once on a connection of its own. @throws what the server or the client says, after one try */
async function onConnection<T>(url: string, speech: Speech, act: (redis: Redis) => Promise<T>): Promise<T> {
  const redis = new Redis(url, {
    lazyConnect: true,
    connectTimeout: CONNECT_MS,
    commandTimeout: COMMAND_MS,
    maxRetriesPerRequest: 0,
    retryStrategy: () => null,
    ...speech,
  });
  let refused: Error | undefined;
  redis.on('error', (error: Error) => (refused = error));
  try {
    await redis.connect();
    return await act(redis);
  } catch (thrown) {
    throw refused ?? thrown;
  } finally {
    redis.disconnect();
  }
}

/**
 * Resolves when the server has its data loaded and answers PING.
 *
 * @throws the client's error after one try, or a refusal of a server older than 7
 */
export const probeRedis = (url: string): Promise<void> =>
  onConnection(url, {}, async (redis) => {
    await redis.ping();
    const version = redisVersionOf(await redis.info('server'));
    if (Number.parseInt(version, 10) < MAJOR_MIN)
      throw new Error(`the server is version ${version}; ${MAJOR_MIN} or newer is needed`);
  });

/** As Envoy wants it: it speaks no RESP3, and INFO through it fails while any of its shards is away. */
const PROXIED = { protocol: 2, disableClientInfo: true, enableReadyCheck: false } as const;

/**
 * One command to one server, or to an Envoy, on a connection of its own.
 *
 * @param address  host:port
 * @returns        the reply as the client gives it: text, number, or nested lists of them
 * @throws         what the server or the client says, after one try
 */
export const askRedis = (address: string, command: string, ...args: (string | number)[]): Promise<unknown> =>
  onConnection(`redis://${address}`, PROXIED, (redis) => redis.call(command, ...args));

import { Redis } from 'ioredis';

const CONNECT_MS = 1_500;
const COMMAND_MS = 3_000;

/**
 * One command to one server, on a connection of its own.
 *
 * @param address  host:port
 * @returns        the reply as the client gives it: text, number, or nested lists of them
 * @throws         what the server or the client says, after one try
 */
export async function askRedis(address: string, command: string, ...args: (string | number)[]): Promise<unknown> {
  const redis = new Redis(`redis://${address}`, {
    lazyConnect: true,
    protocol: 2,
    disableClientInfo: true,
    // INFO through Envoy fails while any of its shards is away.
    enableReadyCheck: false,
    connectTimeout: CONNECT_MS,
    commandTimeout: COMMAND_MS,
    maxRetriesPerRequest: 0,
    retryStrategy: () => null,
  });
  let refused: Error | undefined;
  redis.on('error', (error: Error) => (refused = error));
  try {
    await redis.connect();
    return await redis.call(command, ...args);
  } catch (thrown) {
    throw refused ?? thrown;
  } finally {
    redis.disconnect();
  }
}

import { Cluster, Redis, type RedisOptions } from 'ioredis';
import { FlagsUnavailable } from '../../errors.ts';
import type { FlagStore } from '../../flag-store.ts';
import { redisNodesOf } from './redis-nodes.ts';
import { within } from './within.ts';

export interface RedisFlagStoreOptions {
  /** `redis://[user:password@]host:port` or `rediss://`; of a Redis Cluster some nodes, `redis://host:port,host:port`. */
  readonly url: string;
  /** One Redis, a Redis Cluster by its own nodes, or an Envoy. Default: `single`. */
  readonly topology?: 'single' | 'cluster' | 'envoy';
  /** Default: `porchlight:flags`. It has no TTL: volatile-lru never evicts it. */
  readonly key?: string;
  /** Shown by CLIENT LIST. */
  readonly connectionName?: string;
  /** How long a call may take, its connection included. Default: COMMAND_TIMEOUT_MS. */
  readonly timeoutMs?: number;
}

/** Where the flags lie unless somebody says otherwise: their own key, whatever the generation of the cache's. */
export const FLAGS_KEY = 'porchlight:flags';

/** With a poll twice a second a change is in force well within two seconds, also if one answer is lost. */
export const COMMAND_TIMEOUT_MS = 500;
/** How long a polite end of a connection may take before it is torn down. */
const DISCONNECT_TIMEOUT_MS = 200;
const RECONNECT_FIRST_MS = 25;
const RECONNECT_MAX_MS = 500;
const DOUBLINGS_MAX = 10;
/** A server that is silent this long with commands waiting loses its connection, so that they do not pile up. */
const SILENCE_FACTOR = 4;
/** Nothing is sent twice by itself, and a cluster that has failed over is asked who owns what. */
const REDIRECTIONS_MAX = 3;

/** One key, one step: safe on a cluster, and behind Envoy. */
const REPLACE_LUA = `
local now = redis.call('GET', KEYS[1])
local seen = ARGV[1] == 'some' and ARGV[2] or false
if now ~= seen then return 0 end
redis.call('SET', KEYS[1], ARGV[3])
return 1
`;

const backOffMs = (times: number): number =>
  Math.min(RECONNECT_FIRST_MS * 2 ** Math.min(times, DOUBLINGS_MAX), RECONNECT_MAX_MS);

function connectionOptions({ connectionName, timeoutMs = COMMAND_TIMEOUT_MS, topology }: RedisFlagStoreOptions) {
  return {
    connectionName: connectionName ?? 'porchlight-flags',
    protocol: 2, // Envoy knows no other
    disableClientInfo: true,
    enableReadyCheck: topology !== 'envoy',
    enableOfflineQueue: false,
    autoResendUnfulfilledCommands: false,
    maxRetriesPerRequest: 0,
    connectTimeout: timeoutMs * SILENCE_FACTOR,
    disconnectTimeout: DISCONNECT_TIMEOUT_MS,
    socketTimeout: timeoutMs * SILENCE_FACTOR,
    retryStrategy: backOffMs,
    // A primary that became a replica: connect again, by now the address may lead to the new one.
    reconnectOnError: (error) => error.message.startsWith('READONLY'),
  } satisfies RedisOptions;
}

function createConnection(options: RedisFlagStoreOptions): Redis | Cluster {
  const { nodes, urlOf, account } = redisNodesOf(options.url);
  const redisOptions = connectionOptions(options);
  const [first = ''] = nodes;
  const connection =
    options.topology === 'cluster'
      ? new Cluster(
          nodes.map((node) => urlOf(node)),
          {
            lazyConnect: true,
            enableOfflineQueue: false,
            maxRedirections: REDIRECTIONS_MAX,
            slotsRefreshTimeout: options.timeoutMs ?? COMMAND_TIMEOUT_MS,
            clusterRetryStrategy: backOffMs,
            redisOptions: { ...redisOptions, ...account },
          },
        )
      : new Redis(urlOf(first), { ...redisOptions, lazyConnect: true });
  connection.on('error', () => undefined); // told to callers, who count it
  return connection;
}

/**
 * The flags in one key of Redis. Connects by itself, and again whenever the connection is lost; while there is none, calls
 * fail within their time-out.
 *
 * @throws {FlagsAddressInvalid} if the address is none
 */
export function redisFlagStore(options: RedisFlagStoreOptions): FlagStore {
  const { key = FLAGS_KEY, timeoutMs = COMMAND_TIMEOUT_MS } = options;
  const redis = createConnection(options);
  let isClosed = false;
  let connecting: Promise<void> | undefined;
  /** Only the first call has to wait for a connection; later ones find it, or find that it is lost. */
  const connected = (): Promise<void> =>
    (connecting ??= redis.connect().catch(() => void (connecting = isFailed() ? undefined : connecting)));
  /** Given up for good, as by an address that nobody resolves: connect anew. */
  const isFailed = (): boolean => !isClosed && (redis.status === 'end' || redis.status === 'wait');
  const ask = async <T>(command: () => Promise<T>): Promise<T> => {
    try {
      return await within(timeoutMs, async () => {
        await connected();
        return await command();
      });
    } catch (error) {
      throw new FlagsUnavailable(error instanceof Error ? error.message : 'no reply', error);
    }
  };
  return {
    read: () => ask(async () => (await redis.getBuffer(key))?.toString('latin1') ?? null), // bytes as they are, whatever they are
    replace: (seen, text) =>
      ask(async () => {
        const known = seen === null ? ['none', ''] : ['some', Buffer.from(seen, 'latin1')];
        return (await redis.eval(REPLACE_LUA, 1, key, ...known, Buffer.from(text, 'latin1'))) === 1;
      }),
    async close() {
      isClosed = true;
      redis.disconnect();
    },
  };
}

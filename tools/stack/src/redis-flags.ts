export type RedisFlags = Readonly<Record<string, string>>;

/** What the cache needs of every Redis: it evicts only what has a TTL, and takes no snapshots (an old one would be an old memory). */
export const cacheFlags: RedisFlags = { save: '', 'maxmemory-policy': 'volatile-lru' };

/** A developer's cache outlives its server. */
export const keptCacheFlags: RedisFlags = {
  ...cacheFlags,
  appendonly: 'yes',
  appendfsync: 'everysec',
  maxmemory: '256mb',
};

/** One that forgets when it ends, for tests. */
export const forgetfulCacheFlags: RedisFlags = { ...cacheFlags, appendonly: 'no', maxmemory: '128mb' };

/** On the loopback alone, as a child of whoever started it; its command line is how we know it again. */
const localFlags: RedisFlags = {
  bind: '127.0.0.1',
  'protected-mode': 'yes',
  daemonize: 'no',
  'set-proc-title': 'no',
};

/** As a command line. */
export const redisArguments = (flags: RedisFlags): string[] =>
  Object.entries(flags).flatMap(([flag, value]) => [`--${flag}`, value]);

/**
 * The command line of a Redis of this machine.
 *
 * @param dir    of its data; with the space behind it, `--dir <dir> ` is the marker by which the process is known
 * @param flags  the later value of a name counts
 */
export const localRedisArguments = (port: number, dir: string, flags: RedisFlags): string[] =>
  redisArguments({ port: String(port), dir, ...localFlags, ...flags });

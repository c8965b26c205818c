import { CacheConfigRefused, CachePolicyRefused } from '../../errors.ts';

/** What an address of Redis names. Holds a password: not for printing. */
export interface RedisAddresses {
  /** host:port of each node that is named: one, or some of a cluster. */
  readonly nodes: readonly string[];
  /** The address of any node, with the same protocol and account. */
  readonly urlOf: (node: string) => string;
}

const SHAPE = /^(rediss?:\/\/(?:[^@/]*@)?)([^@/,]+(?:,[^@/,]+)*)(?:\/(\d*))?$/;
const PORT_DEFAULT = 6_379;
const withPort = (node: string): string => (/:\d{1,5}$/.test(node) ? node : `${node}:${PORT_DEFAULT}`);

/**
 * Reads `redis://[user:password@]host[:port][,host[:port]...]`, or `rediss://`.
 *
 * @throws {CacheConfigRefused} if it is none; {CachePolicyRefused} if it names a database other than 0
 */
export function redisAddressesOf(url: string): RedisAddresses {
  const [, head = '', nodes, database = ''] = SHAPE.exec(url) ?? [];
  if (nodes === undefined) {
    throw new CacheConfigRefused(['the address of Redis is not redis://[user:password@]host:port[,host:port...]']);
  }
  if (database !== '' && Number(database) !== 0) {
    throw new CachePolicyRefused('the address names a database other than 0');
  }
  return { nodes: nodes.split(',').map(withPort), urlOf: (node) => `${head}${node}` };
}

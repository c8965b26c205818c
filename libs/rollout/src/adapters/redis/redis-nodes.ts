import { FlagsAddressInvalid } from '../../errors.ts';

/** What an address of Redis names. Holds a password: not for printing. */
export interface RedisNodes {
  /** host:port of each node: one, or some of a cluster. */
  readonly nodes: readonly string[];
  readonly urlOf: (node: string) => string;
  /** For nodes of a cluster that are found out later. */
  readonly account: { readonly username?: string; readonly password?: string; readonly tls?: object };
}

const ADDRESS = /^(rediss?):\/\/(?:([^@/]*)@)?([^@/,\s]+(?:,[^@/,\s]+)*)(?:\/0?)?$/;
const PORT_DEFAULT = 6_379;
const withPort = (node: string): string => (/:\d{1,5}$/.test(node) ? node : `${node}:${PORT_DEFAULT}`);

/**
 * Reads `redis://[user:password@]host[:port][,host[:port]...]`, or `rediss://`; database 0 only.
 *
 * @throws {FlagsAddressInvalid} if it is none; without the address, which may hold a password
 */
export function redisNodesOf(url: string): RedisNodes {
  const [, scheme = '', login, nodes] = ADDRESS.exec(url) ?? [];
  if (nodes === undefined) throw new FlagsAddressInvalid();
  const colon = login?.indexOf(':') ?? -1;
  const username = login?.slice(0, Math.max(0, colon)) ?? '';
  const password = login?.slice(colon + 1) ?? '';
  const head = `${scheme}://${login === undefined ? '' : `${login}@`}`;
  return {
    nodes: nodes.split(',').map(withPort),
    urlOf: (node) => `${head}${node}`,
    account: {
      ...(username === '' ? {} : { username: decodeURIComponent(username) }),
      ...(password === '' ? {} : { password: decodeURIComponent(password) }),
      ...(scheme === 'rediss' ? { tls: {} } : {}),
    },
  };
}

import { isIPv4, isIPv6 } from 'node:net';
import { z } from 'zod';

/** Wider networks than any that belongs to one owner: whoever is in it could say that he is somebody else. */
const PREFIX_MIN = { v4: 8, v6: 16 } as const;

/** Names that the framework knows. */
const KNOWN_NETWORKS = new Set(['loopback', 'linklocal', 'uniquelocal']);

const listOf = (text: string): string[] =>
  text
    .split(',')
    .map((each) => each.trim())
    .filter((each) => each !== '');

/** @returns what is wrong, or null */
function problemOfOrigin(origin: string): string | null {
  if (!URL.canParse(origin) || !/^https?:/.test(origin))
    return `${origin} is not an origin, like https://console.example`;
  return new URL(origin).origin === origin ? null : `${origin} is more than an origin: scheme, host and port alone`;
}

/** @returns what is wrong, or null */
function problemOfProxy(network: string): string | null {
  if (KNOWN_NETWORKS.has(network)) return null;
  const [address = '', prefix, ...more] = network.split('/');
  const kind = isIPv4(address) ? 'v4' : isIPv6(address) ? 'v6' : null;
  const isPrefix = prefix === undefined || /^\d{1,3}$/.test(prefix);
  if (kind === null || !isPrefix || more.length > 0) {
    return `${network} is not an address or a network, like 10.0.0.5 or 10.0.0.0/24`;
  }
  const bits = prefix === undefined ? Infinity : Number(prefix);
  if (prefix !== undefined && bits > (kind === 'v4' ? 32 : 128)) return `${network} has too many bits`;
  if (bits >= PREFIX_MIN[kind]) return null;
  return `${network} is too wide: anybody in it could name any address, and be limited under none`;
}

const checkedList = (problemOfEach: (each: string) => string | null) =>
  z
    .string()
    .default('')
    .transform((text, context) => {
      const all = listOf(text);
      for (const each of all) {
        const message = problemOfEach(each);
        if (message !== null) context.addIssue({ code: 'custom', message });
      }
      return all;
    });

/** Origins whose pages may call: named one by one, never `*` or `null`. */
export const originList = checkedList(problemOfOrigin);

/** Our own proxies: addresses and networks, never "whoever comes" or a number of hops. */
export const proxyList = checkedList(problemOfProxy);

import { isIP, isIPv4 } from 'node:net';

const IPV6_GROUPS = 8;
/** What one customer of a provider is given at least: whoever has it can ask from 2 ** 64 addresses. */
const NETWORK_GROUPS = 4;
const MAPPED = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i;

/**
 * Whose address a request is counted under: an IPv4 address as it is, of an IPv6 address its network (/64).
 *
 * @param address      what the connection, or a trusted proxy, says; from a proxy it may be anything
 * @param orElse       the connection's own, where that is no address
 */
export function addressOf(address: string, orElse: string): string {
  const mapped = MAPPED.exec(address)?.[1];
  if (mapped !== undefined && isIPv4(mapped)) return mapped;
  const kind = isIP(address);
  if (kind === 4) return address;
  if (kind === 6) return networkOf(address);
  return address === orElse ? 'unknown' : addressOf(orElse, orElse);
}

function networkOf(address: string): string {
  const [bare = ''] = address.split('%'); // the zone is our own
  const [head = '', tail] = bare.split('::');
  const first = groupsOf(head);
  const last = tail === undefined ? [] : groupsOf(tail);
  const zeros = Array.from({ length: IPV6_GROUPS - first.length - last.length }, () => '0');
  const groups = [...first, ...zeros, ...last].slice(0, NETWORK_GROUPS);
  return `${groups.map((group) => Number.parseInt(group, 16).toString(16)).join(':')}::/64`;
}

/** An IPv4 address at the end stands for two groups, which never belong to the network. */
const groupsOf = (text: string): string[] =>
  text === '' ? [] : text.split(':').flatMap((group) => (group.includes('.') ? ['0', '0'] : [group]));

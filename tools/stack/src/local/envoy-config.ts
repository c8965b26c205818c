import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import yaml from 'yaml';
import { repositoryFolder } from '../folders.ts';

/** Which file of deploy/envoy. */
export type EnvoyConfigName = 'redis-shards' | 'redis-cluster';

/** What differs between a deployment and this machine: where things listen. */
export interface EnvoyAddresses {
  readonly port: number;
  readonly adminPort: number;
  /** host:port of the servers behind it, as many as the file has endpoints. */
  readonly upstream: readonly string[];
}

interface SocketAddress {
  address: string;
  port_value: number;
}
interface Addressed {
  address: { socket_address: SocketAddress };
}
/** The parts of a bootstrap that hold addresses. */
interface Bootstrap {
  admin: Addressed;
  static_resources: {
    listeners: [Addressed];
    clusters: [{ load_assignment: { endpoints: [{ lb_endpoints: { endpoint: Addressed }[] }] } }];
  };
}

const LOOPBACK = '127.0.0.1';

const moveTo = (where: Addressed, host: string, port: number): void => {
  where.address.socket_address = { address: host, port_value: port };
};

/**
 * The bootstrap that is shipped in deploy/envoy, with this machine's addresses and ports in it and nothing else changed.
 *
 * @returns JSON, which Envoy takes as well
 * @throws {RangeError} unless there are as many servers as the file has endpoints
 */
export async function envoyConfig(name: EnvoyConfigName, addresses: EnvoyAddresses): Promise<string> {
  const text = await readFile(join(repositoryFolder, 'deploy', 'envoy', `${name}.yaml`), 'utf8');
  const bootstrap = yaml.parse(text) as Bootstrap;
  const { listeners, clusters } = bootstrap.static_resources;
  moveTo(bootstrap.admin, LOOPBACK, addresses.adminPort);
  moveTo(listeners[0], LOOPBACK, addresses.port);
  const endpoints = clusters[0].load_assignment.endpoints[0].lb_endpoints;
  if (endpoints.length !== addresses.upstream.length) {
    throw new RangeError(
      `${name}.yaml has ${endpoints.length} endpoints, and ${addresses.upstream.length} servers were given`,
    );
  }
  for (const [i, { endpoint }] of endpoints.entries()) {
    const [host = LOOPBACK, port = ''] = (addresses.upstream[i] ?? '').split(':');
    moveTo(endpoint, host, Number(port));
  }
  return JSON.stringify(bootstrap, null, 2);
}

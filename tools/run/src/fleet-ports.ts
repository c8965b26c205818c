import { freePorts, type Ports } from '@porchlight/stack';
import { memberNames, type MemberName } from './fleet-members.ts';

/** Who listens where on the loopback: the two that serve, and /livez, /readyz, /metrics of everyone. */
export interface FleetPorts {
  api: number;
  simulator: number;
  operations: Record<MemberName, number>;
}

const API_PORT = 8080;
const SIMULATOR_PORT = 8090;
const OPERATIONS_PORT = 9464;
/** Other instances keep away from the ports that `npm start` likes. */
const OTHER_INSTANCE_SHIFT = 4_000;

/** Ports for one instance: the usual ones, stepped around what is in use. */
export async function chooseFleetPorts(
  instance: string,
  wishes: { api?: number | undefined } = {},
): Promise<FleetPorts> {
  const shift = instance === 'start' ? 0 : OTHER_INSTANCE_SHIFT;
  const operations = memberNames.map((member, index) => [`operations ${member}`, OPERATIONS_PORT + shift + index]);
  const asked: Ports = {
    api: wishes.api ?? API_PORT + shift,
    simulator: SIMULATOR_PORT + shift,
    ...(Object.fromEntries(operations) as Ports),
  };
  const free = await freePorts(asked);
  const operationsOf = memberNames.map((member) => [member, free[`operations ${member}`] ?? 0]);
  return {
    api: free['api'] ?? 0,
    simulator: free['simulator'] ?? 0,
    operations: Object.fromEntries(operationsOf) as FleetPorts['operations'],
  };
}

export const apiUrlOf = (ports: FleetPorts): string => `http://127.0.0.1:${ports.api}`;
export const simulatorUrlOf = (ports: FleetPorts): string => `http://127.0.0.1:${ports.simulator}`;
export const operationsUrlOf = (ports: FleetPorts, member: MemberName): string =>
  `http://127.0.0.1:${ports.operations[member]}`;

import { freePorts, numberOfName, type Ports } from '@porchlight/stack';
import { memberNames, simulatorName, type MemberName } from './fleet-members.ts';

/** Who listens where on the loopback: the two that serve, and /livez, /readyz, /metrics of everyone. */
export interface FleetPorts {
  api: number;
  simulator: number;
  operations: Record<MemberName, number>;
}

const API_PORT = 8080;
const SIMULATOR_PORT = 8090;
const OPERATIONS_PORT = 9464;
/** Other instances keep away from the ports that `npm start` likes, and as a rule from each other's. */
const INSTANCE_SHIFT_MIN = 2_000;
const INSTANCE_SHIFTS = 200;
const INSTANCE_SHIFT_STEP = 20;

function shiftOf(instance: string): number {
  if (instance === 'start') return 0;
  return INSTANCE_SHIFT_MIN + numberOfName(instance, INSTANCE_SHIFTS) * INSTANCE_SHIFT_STEP;
}

/** The ports that an instance asks for first. */
export function fleetPortWishes(instance: string): FleetPorts {
  const shift = shiftOf(instance);
  const operations = memberNames.map((member, index) => [member, OPERATIONS_PORT + shift + index]);
  return {
    api: API_PORT + shift,
    simulator: SIMULATOR_PORT + shift,
    operations: Object.fromEntries(operations) as FleetPorts['operations'],
  };
}

const servedBy: Partial<Record<MemberName, 'api' | 'simulator'>> = {
  'estimate-api': 'api',
  [simulatorName]: 'simulator',
};

/**
 * The ports with those of these members stepped around what is in use. Nothing is held, so it is asked as shortly before
 * the members start as can be; the others' ports stay.
 */
export async function freeFleetPorts(wishes: FleetPorts, members: readonly MemberName[]): Promise<FleetPorts> {
  const asked: Ports = {};
  for (const member of members) {
    asked[`operations ${member}`] = wishes.operations[member];
    const served = servedBy[member];
    if (served !== undefined) asked[served] = wishes[served];
  }
  const free = await freePorts(asked);
  const operations = members.map((member) => [member, free[`operations ${member}`]]);
  return {
    api: free['api'] ?? wishes.api,
    simulator: free['simulator'] ?? wishes.simulator,
    operations: { ...wishes.operations, ...(Object.fromEntries(operations) as Partial<FleetPorts['operations']>) },
  };
}

export const apiUrlOf = (ports: FleetPorts): string => `http://127.0.0.1:${ports.api}`;
export const simulatorUrlOf = (ports: FleetPorts): string => `http://127.0.0.1:${ports.simulator}`;
export const operationsUrlOf = (ports: FleetPorts, member: MemberName): string =>
  `http://127.0.0.1:${ports.operations[member]}`;

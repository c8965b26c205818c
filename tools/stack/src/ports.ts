import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import getPort, { clearLockedPorts, portNumbers } from 'get-port';
import { numberOfName } from './number-of-name.ts';
import { writeWhole } from './write-whole.ts';

const LOOPBACK = '127.0.0.1';
/** How far a busy port is stepped around before any free port is taken. */
const STEPS_MAX = 200;
const INSTANCE_SHIFTS = 300;

/** What 'start' gets when nothing is in the way; all below the range from which systems draw outgoing ports. */
const startPorts = {
  kafka: 19092,
  kafkaController: 19093,
  registry: 18081,
  registryManagement: 18082,
  redis: 16379,
  postgres: 15432,
};

export type Ports = Record<string, number>;

/** The ports that an instance asks for first: fixed ones for 'start', shifted by its name for any other, so that two rarely meet. */
export function preferredPorts(instance: string): typeof startPorts {
  if (instance === 'start') return { ...startPorts };
  const shift = 10 * (1 + numberOfName(instance, INSTANCE_SHIFTS));
  const shifted = Object.entries(startPorts).map(([name, port]) => [name, port + shift]);
  return Object.fromEntries(shifted) as typeof startPorts;
}

/**
 * A free port on the loopback for each wish, the wished one if it can be had, else the next free one above it.
 * Two wishes never get the same port. Nothing is held: whoever asked must bind soon.
 */
export async function freePorts<Wishes extends Ports>(wishes: Wishes): Promise<Wishes> {
  // get-port remembers for half a minute what it gave out; a server that stops and starts again must get its port back.
  clearLockedPorts();
  const chosen: Ports = {};
  for (const [name, wish] of Object.entries(wishes)) {
    const candidates = portNumbers(wish, Math.min(wish + STEPS_MAX, 65_535));
    chosen[name] = await getPort({ host: LOOPBACK, port: candidates, exclude: Object.values(chosen) });
  }
  return chosen as Wishes;
}

const portsFile = (folder: string) => join(folder, 'ports.json');

/** The ports of the last start, so that the next one gets the same; an unreadable file counts as none. */
export async function rememberedPorts(folder: string): Promise<Ports> {
  try {
    const stored: unknown = JSON.parse(await readFile(portsFile(folder), 'utf8'));
    const entries = Object.entries(stored as Ports).filter(
      ([, port]) => Number.isInteger(port) && port > 0 && port < 65_536,
    );
    return Object.fromEntries(entries);
  } catch {
    return {};
  }
}

export async function rememberPorts(folder: string, ports: Ports): Promise<void> {
  await writeWhole(portsFile(folder), `${JSON.stringify(ports, null, 2)}\n`);
}

import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { expect, test } from '@jest/globals';
import { fleetPortWishes, freeFleetPorts } from './fleet-ports.ts';

const allOf = (instance: string) => {
  const { api, simulator, operations } = fleetPortWishes(instance);
  return [api, simulator, ...Object.values(operations)];
};

test('npm start asks for the usual ports, no two of them alike, and another instance for none of them', () => {
  const ports = allOf('start');
  expect(ports.slice(0, 3)).toEqual([8080, 8090, 9464]);
  expect(new Set(ports).size).toBe(ports.length);
  expect(allOf('test').filter((port) => ports.includes(port))).toEqual([]);
});

test('a port that was taken meanwhile is stepped around, and the ports of who runs already stay', async () => {
  const other = createServer().listen(0, '127.0.0.1');
  await once(other, 'listening');
  const taken = (other.address() as AddressInfo).port;
  const wishes = { ...fleetPortWishes('test'), api: taken, simulator: taken };
  try {
    const free = await freeFleetPorts(wishes, ['estimate-api', 'data-writer']);
    expect(free.api).not.toBe(taken);
    expect(free.simulator).toBe(taken);
    expect(free.operations['upstream-simulator']).toBe(wishes.operations['upstream-simulator']);
  } finally {
    other.close();
  }
});

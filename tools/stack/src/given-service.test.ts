import { once } from 'node:events';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { givenService } from './given-service.ts';
import { freePorts } from './ports.ts';
import { startStack } from './stack.ts';

const closedPort = async () => (await freePorts({ closed: 29_117 })).closed;

test('an environment that names no address leaves the choice to the next in the order', async () => {
  expect(await givenService('redis', {})).toBeUndefined();
  expect(await givenService('redis', { REDIS_URL: ' ' })).toBeUndefined();
});

test.each([
  ['kafka', 'KAFKA_BROKERS', (port: number) => `127.0.0.1:${port}`],
  ['registry', 'SCHEMA_REGISTRY_URL', (port: number) => `http://127.0.0.1:${port}/apis/ccompat/v7`],
  ['redis', 'REDIS_URL', (port: number) => `redis://:secret-word@127.0.0.1:${port}`],
  ['postgres', 'DATABASE_URL', (port: number) => `postgres://me:secret-word@127.0.0.1:${port}/db`],
] as const)(
  'an address of %s that does not answer is an error with the variable, the reason and no password',
  async (service, variable, addressAt) => {
    const address = addressAt(await closedPort());
    const refusal = await givenService(service, { [variable]: address }, 300).catch((thrown: Error) => thrown);
    expect(refusal).toMatchObject({
      code: 'ADDRESS_UNREACHABLE',
      message: expect.stringMatching(new RegExp(`${variable}.*127\\.0\\.0\\.1.*unset ${variable}`)),
    });
    expect((refusal as Error).message).not.toContain('secret-word');
  },
);

test('a server that answers, but not as a registry does, is refused', async () => {
  const other = createServer((_request, response) => response.writeHead(404).end()).listen(0, '127.0.0.1');
  await once(other, 'listening');
  const { port } = other.address() as AddressInfo;
  try {
    const asked = givenService('registry', { SCHEMA_REGISTRY_URL: `http://127.0.0.1:${port}` }, 100);
    await expect(asked).rejects.toThrow(/GET \/subjects answered 404/);
  } finally {
    other.closeAllConnections();
    other.close();
  }
});

test('a given address that answers is taken, and stopping the stack leaves its server alone', async () => {
  const registry = createServer((_request, response) => response.end('[]')).listen(0, '127.0.0.1');
  await once(registry, 'listening');
  const url = `http://127.0.0.1:${(registry.address() as AddressInfo).port}`;
  const dataDir = await mkdtemp(join(tmpdir(), 'porchlight-given-'));
  try {
    const stack = await startStack({
      instance: 'given',
      dataDir,
      services: ['registry'],
      environment: { SCHEMA_REGISTRY_URL: url },
    });
    expect(stack.choices).toEqual([
      {
        service: 'registry',
        source: 'environment',
        address: url,
        reason: 'SCHEMA_REGISTRY_URL names it, and it answers',
      },
    ]);
    expect(stack.environment).toEqual({ SCHEMA_REGISTRY_URL: url });
    await stack.stop();
    expect(registry.listening).toBe(true);
  } finally {
    registry.closeAllConnections();
    registry.close();
    await rm(dataDir, { recursive: true });
  }
});

test('one address that does not answer fails the start before any server is started', async () => {
  const dataDir = await mkdtemp(join(tmpdir(), 'porchlight-given-'));
  try {
    const environment = { KAFKA_BROKERS: `127.0.0.1:${await closedPort()}`, PORCHLIGHT_CONTAINERS: 'off' };
    const start = startStack({ instance: 'given', dataDir, services: ['kafka', 'redis'], environment });
    await expect(start).rejects.toMatchObject({ code: 'ADDRESS_UNREACHABLE' });
    expect(await readdir(dataDir)).toEqual([]);
  } finally {
    await rm(dataDir, { recursive: true });
  }
}, 30_000);

import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { freePorts, preferredPorts, rememberedPorts, rememberPorts } from './ports.ts';

test('a port that somebody listens on is stepped around, and only as far as needed', async () => {
  const other = createServer().listen(0, '127.0.0.1');
  await once(other, 'listening');
  const busy = (other.address() as AddressInfo).port;
  try {
    const { redis } = await freePorts({ redis: busy });
    expect(redis).toBeGreaterThan(busy);
    expect(redis).toBeLessThanOrEqual(busy + 200);
  } finally {
    other.close();
  }
});

test('a port that is free again is given again at once', async () => {
  const { redis } = await freePorts({ redis: 29_873 });
  expect(await freePorts({ redis })).toEqual({ redis });
});

test('two wishes for one port get two ports', async () => {
  const { kafka, kafkaController } = await freePorts({ kafka: 29_471, kafkaController: 29_471 });
  expect(kafka).not.toBe(kafkaController);
});

test('two instances ask for different ports, and one instance always for the same', () => {
  const start = Object.values(preferredPorts('start'));
  const tests = Object.values(preferredPorts('test'));
  expect(tests).toEqual(Object.values(preferredPorts('test')));
  expect(start.filter((port) => tests.includes(port))).toEqual([]);
});

test('the ports of the last start are remembered, and a damaged memory is no memory', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'porchlight-ports-'));
  try {
    expect(await rememberedPorts(folder)).toEqual({});
    await rememberPorts(folder, { redis: 16_380 });
    expect(await rememberedPorts(folder)).toEqual({ redis: 16_380 });
    await writeFile(join(folder, 'ports.json'), '{"redis": 163');
    expect(await rememberedPorts(folder)).toEqual({});
    await writeFile(join(folder, 'ports.json'), '{"redis": 16381, "kafka": "many", "postgres": 70000}');
    expect(await rememberedPorts(folder)).toEqual({ redis: 16_381 });
  } finally {
    await rm(folder, { recursive: true });
  }
});

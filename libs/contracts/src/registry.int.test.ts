import { randomBytes } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, afterEach, expect, test } from '@jest/globals';
import { schemas } from './generated/schemas.ts';
import { createSchemaRegistry } from './registry.adapter.ts';
import { subjectOf } from './schema-registry.ts';
import { createSerde } from './serde.ts';
import { renamedTopic, topics } from './topics.ts';

const url = process.env['SCHEMA_REGISTRY_URL'] ?? '';
if (url === '') throw new Error('SCHEMA_REGISTRY_URL is not set: npm test starts the servers and sets it');

const registry = createSchemaRegistry({ url });
const own = renamedTopic(topics.estimateUpdated, `test-${randomBytes(6).toString('hex')}.estimate.updated`);
const schema = schemas['estimate.updated'] ?? {};
const revaluation = {
  propertyId: 'p1',
  estimateVersion: 2 ** 53 - 1,
  estimate: { valueUsd: 1, lowUsd: 0, highUsd: 2, computedAt: 1_700_000_000_000 },
};

const servers: Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    server.close();
  }
});
afterAll(async () => {
  await fetch(`${url}/subjects/${subjectOf(own)}`, { method: 'DELETE' });
});

test('a subject that nobody registered says so, with the command that does', async () => {
  const serde = createSerde({ registry });
  await expect(serde.prepare([own])).rejects.toMatchObject({
    code: 'SCHEMA_NOT_REGISTERED',
    fate: 'retry',
    message: expect.stringContaining('npx porchlight schemas register'),
  });
  expect(await registry.latestIdOf(subjectOf(own))).toBeUndefined();
});

test('once registered, a value written by one process is read by another', async () => {
  const id = await registry.register(subjectOf(own), schema, 'FULL_TRANSITIVE');
  expect(await registry.register(subjectOf(own), schema, 'FULL_TRANSITIVE')).toBe(id);
  expect(await registry.latestIdOf(subjectOf(own))).toBe(id);
  const writer = createSerde({ registry });
  await writer.prepare([own]);
  const bytes = writer.encode(own, revaluation);
  expect(bytes.readUInt32BE(1)).toBe(id);
  const reader = createSerde({ registry: createSchemaRegistry({ url }) });
  expect(await reader.decode(own, bytes)).toMatchObject(revaluation);
});

test('an older app finds its own schema beside a newer one', async () => {
  const newer = structuredClone(schema) as { fields: object[] };
  newer.fields.push({ name: 'note', type: 'string', default: '', doc: 'A later thought.' });
  const newerId = await registry.register(subjectOf(own), newer, 'FULL_TRANSITIVE');
  expect(await registry.latestIdOf(subjectOf(own))).toBe(newerId);
  expect(await registry.idOf(subjectOf(own), schema)).not.toBe(newerId);
});

test('an incompatible schema is refused in the words of the registry', async () => {
  const broken = structuredClone(schema) as { fields: object[] };
  broken.fields.push({ name: 'price', type: 'long' });
  await expect(registry.register(subjectOf(own), broken, 'FULL_TRANSITIVE')).rejects.toMatchObject({
    code: 'SCHEMA_INCOMPATIBLE',
    message: expect.stringContaining('price'),
  });
});

test('an id that the registry does not have is unknown, which is parked', async () => {
  await expect(registry.schemaOf(2_000_000_000)).rejects.toMatchObject({ code: 'SCHEMA_UNKNOWN', fate: 'park' });
});

const listen = async (server: Server): Promise<string> => {
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
};

test('a registry that hangs is unavailable after its timeout, not for ever', async () => {
  const hanging = createSchemaRegistry({ url: await listen(createServer(() => undefined)), requestTimeoutMs: 200 });
  await expect(hanging.schemaOf(1)).rejects.toMatchObject({ code: 'REGISTRY_UNAVAILABLE', fate: 'retry' });
});

test('a registry with an error of its own is unavailable: the record is sound', async () => {
  const failing = createServer((_, response) =>
    response.writeHead(500, { 'content-type': 'application/json' }).end('{"message":"disk full"}'),
  );
  const broken = createSchemaRegistry({ url: await listen(failing) });
  await expect(broken.schemaOf(1)).rejects.toMatchObject({ code: 'REGISTRY_UNAVAILABLE' });
});

test('nobody there is unavailable, and the password of the address is not told', async () => {
  const nobody = createSchemaRegistry({ url: 'http://reader:hush@127.0.0.1:49998/apis/ccompat/v7' });
  const error: unknown = await nobody.idOf('x-value', schema).catch((thrown: unknown) => thrown);
  expect(error).toMatchObject({ code: 'REGISTRY_UNAVAILABLE', fate: 'retry' });
  expect(JSON.stringify([error, (error as Error).message, (error as Error).stack])).not.toContain('hush');
});

test('user and password of the address travel in the header', async () => {
  let seen: string | undefined;
  const asking = createServer((request, response) => {
    seen = request.headers.authorization;
    response.writeHead(404, { 'content-type': 'application/json' }).end('{"error_code":40403}');
  });
  const address = (await listen(asking)).replace('http://', 'http://reader:hush@');
  await expect(createSchemaRegistry({ url: address }).schemaOf(1)).rejects.toMatchObject({ code: 'SCHEMA_UNKNOWN' });
  expect(seen).toBe(`Basic ${Buffer.from('reader:hush').toString('base64')}`);
});

/** What the wire may bring that is no value of ours, on a real broker and a real registry: parked under its code, and the partition moves on. */
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from '@jest/globals';
import {
  createCodec,
  createSchemaRegistry,
  createSerde,
  renamedTopic,
  subjectOf,
  topics,
  type EstimateUpdated,
  type Topic,
} from '@porchlight/contracts';
import { BrokerProxy, deadLetterHeaders, type TaskDefinition } from '@porchlight/stream';
import { untilTrue } from '@porchlight/clock/testing';
import { addressFrom, openRealStream, uniqueName, type RealStream } from './testing/real-stream.ts';

const url = addressFrom('SCHEMA_REGISTRY_URL');
const registry = createSchemaRegistry({ url });
const good: EstimateUpdated = { propertyId: 'p1', estimateVersion: 1, estimate: null };
const UNKNOWN_ID = 2_000_000_000;

let input: Topic<EstimateUpdated>;
let stream: RealStream;
let foreign: { readonly id: number; readonly bytes: Buffer };

/** A schema of somebody else's, whose records ours cannot read: no field of it has one of our names. */
async function registerForeign(): Promise<typeof foreign> {
  const schema = { type: 'record', name: 'Somebody', fields: [{ name: uniqueName('f'), type: 'int' }] };
  const subject = `${uniqueName('foreign')}-value`;
  const id = await registry.register(subject, schema, 'BACKWARD_TRANSITIVE');
  subjects.push(subject);
  const [field] = schema.fields;
  return { id, bytes: createCodec(schema).write(id, { [field?.name ?? '']: 7 }) };
}

const subjects: string[] = [];
const proxies: BrokerProxy[] = [];
beforeAll(async () => {
  foreign = await registerForeign();
});
beforeEach(async () => {
  input = renamedTopic({ ...topics.estimateUpdated, partitions: 1 }, `${uniqueName('t')}.estimate.updated`);
  stream = await openRealStream([input]);
  subjects.push(subjectOf(input));
});
afterEach(async () => {
  await stream.close();
  for (const proxy of proxies.splice(0)) await proxy.down();
});
afterAll(async () => {
  for (const subject of subjects) await fetch(`${url}/subjects/${subject}`, { method: 'DELETE' });
});

const noting = (seen: string[]): TaskDefinition<EstimateUpdated> => ({
  inputs: [input],
  order: 'partition',
  startFrom: 'earliest',
  createTask: () => ({ process: ({ value }) => void seen.push(value.propertyId) }),
});

const encoded = async (): Promise<Buffer> => {
  const serde = createSerde({ registry });
  await serde.prepare([input]);
  return serde.encode(input, good);
};
const withId = (id: number, bytes: Buffer): Buffer => {
  const changed = Buffer.from(bytes);
  changed.writeUInt32BE(id, 1);
  return changed;
};

test.each<[string, string, (ours: Buffer) => Buffer]>([
  ['a writer schema that ours cannot resolve', 'SCHEMA_UNREADABLE', () => foreign.bytes],
  ['a body cut short', 'BODY_INVALID', (ours) => ours.subarray(0, ours.length - 1)],
  ['a body that is longer than its schema says', 'BODY_INVALID', (ours) => Buffer.concat([ours, Buffer.from([1])])],
  ['a schema id that the registry does not know', 'SCHEMA_UNKNOWN', (ours) => withId(UNKNOWN_ID, ours)],
  ['bytes that are no Avro of ours at all', 'NOT_AVRO', () => Buffer.from('{"propertyId":"p1"}')],
])(
  '%s is parked as %s, byte for byte, and the records around it are done',
  async (_what, code, spoil) => {
    const seen: string[] = [];
    const bad = spoil(await encoded());
    await stream.publish(input, 'p1', good);
    await stream.publishBytes(input, 'bad', bad);
    await stream.publish(input, 'p2', { ...good, propertyId: 'p2' });
    await stream.start([noting(seen)]);
    await untilTrue('both good records', () => seen.length === 2);
    await untilTrue('the dead letter', () => stream.parked().length === 1);
    const [letter] = stream.parked();
    expect([seen, letter?.headers[deadLetterHeaders.code], letter?.key]).toEqual([['p1', 'p2'], code, 'bad']);
    expect(letter?.bytes).toEqual(bad);
    expect(stream.fatal).toEqual([]);
  },
  60_000,
);

test('while the registry is down a record waits for it, whatever its schema is; then it is read or parked', async () => {
  const { hostname, port, pathname } = new URL(url);
  const proxy = new BrokerProxy(`${hostname}:${port}`);
  proxies.push(proxy);
  await proxy.reserve();
  const serde = createSerde({ registry: createSchemaRegistry({ url: `http://${proxy.address}${pathname}` }) });
  const seen: string[] = [];
  await stream.publishBytes(input, 'unknown', withId(UNKNOWN_ID, await encoded()));
  await stream.publish(input, 'p1', good);
  await stream.start([noting(seen)], { serde });
  await untilTrue('the wait', () => stream.waitingFor().includes('REGISTRY_UNAVAILABLE'));
  expect([seen, stream.parked()]).toEqual([[], []]);
  await proxy.up();
  await untilTrue('the good record', () => seen.length === 1);
  await untilTrue('the dead letter', () => stream.parked().length === 1);
  expect(stream.parked().map(({ headers }) => headers[deadLetterHeaders.code])).toEqual(['SCHEMA_UNKNOWN']);
  expect(stream.waitingFor()).toEqual([]);
}, 60_000);

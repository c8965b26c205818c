import { describe, expect, test } from '@jest/globals';
import { createCodec } from './codec.ts';
import { ContractError, type ContractErrorCode } from './errors.ts';
import type { EstimateUpdated, WarmupRequests } from './generated/records.ts';
import { schemas } from './generated/schemas.ts';
import { createMemoryRegistry } from './memory-registry.ts';
import { createSerde, memorySerde } from './serde.ts';
import { renamedTopic, topics } from './topics.ts';

const revaluation: EstimateUpdated = {
  propertyId: 'p1',
  estimateVersion: 7,
  estimate: { valueUsd: 750_000, lowUsd: 700_000, highUsd: 800_000, computedAt: 1_700_000_000_000 },
};

const request: WarmupRequests = {
  forecastId: 'f1',
  tile: '16/1/2',
  items: [
    {
      propertyId: 'p1',
      ticket: { epoch: 'e', nonce: 'n', acquiredAt: 1_700_000_000_000, seenSoftExpiryAt: null },
      facts: {
        visibilityVersion: 3,
        status: 'active',
        mlsId: null,
        overrideLevel: 'agent',
        checkedAt: 1_700_000_000_001,
      },
    },
  ],
  viewedAt: 1_700_000_000_002,
  deadlineAt: 1_700_000_010_002,
};

/** avsc gives values prototypes of their own. */
const plain = (value: unknown): unknown => JSON.parse(JSON.stringify(value));

const codeOf = async (work: () => unknown): Promise<[ContractErrorCode, string]> => {
  try {
    await work();
  } catch (error) {
    if (error instanceof ContractError) return [error.code, error.fate];
    throw error;
  }
  throw new Error('was not refused');
};

const open = () => {
  const registry = createMemoryRegistry();
  let now = 0;
  const asked: number[] = [];
  const schemaOf = async (id: number) => (asked.push(id), registry.schemaOf(id));
  const serde = createSerde({ registry: { ...registry, schemaOf }, now: () => now });
  return { registry, asked, serde, pass: (ms: number) => void (now += ms) };
};

describe('a value comes back as it went', () => {
  test.each([
    ['a revaluation', topics.estimateUpdated, revaluation],
    ['a withdrawal', topics.estimateUpdated, { ...revaluation, estimate: null }],
    ['a request with nested records, unions and enums', topics.warmupRequests, request],
  ])('%s', async (_, topic, value) => {
    const serde = memorySerde();
    const bytes = serde.encode<unknown>(topic, value);
    expect(plain(await serde.decode<unknown>(topic, bytes))).toEqual(value);
  });

  test('synchronously, once a schema is known', async () => {
    const { serde } = open();
    await serde.prepare([topics.estimateUpdated]);
    const bytes = serde.encode(topics.estimateUpdated, revaluation);
    expect(serde.decode(topics.estimateUpdated, bytes)).toBeInstanceOf(Promise);
    await serde.decode(topics.estimateUpdated, bytes);
    expect(plain(serde.decode(topics.estimateUpdated, bytes))).toEqual(revaluation);
  });

  test('also one longer than the scratch buffer, and the next one after it', () => {
    const serde = memorySerde();
    const long = { ...request, forecastId: 'x'.repeat(200_000) };
    expect(plain(serde.decode(topics.warmupRequests, serde.encode(topics.warmupRequests, long)))).toEqual(long);
    expect(plain(serde.decode(topics.warmupRequests, serde.encode(topics.warmupRequests, request)))).toEqual(request);
  });

  test('and bytes already given away are not written over', () => {
    const serde = memorySerde();
    const first = serde.encode(topics.estimateUpdated, revaluation);
    const copy = Buffer.from(first);
    serde.encode(topics.estimateUpdated, { ...revaluation, propertyId: 'another' });
    expect(first.equals(copy)).toBe(true);
  });

  test('a topic under another name keeps its schema', () => {
    const serde = memorySerde();
    const own = renamedTopic(topics.estimateUpdated, 'test-1.estimate.updated');
    expect(plain(serde.decode(own, serde.encode(own, revaluation)))).toEqual(revaluation);
  });
});

test('the wire format is 0x00, the id of the schema in four bytes, the body', async () => {
  const registry = createMemoryRegistry();
  const serde = createSerde({ registry: { ...registry, idOf: async () => 0x01020304 } });
  await serde.prepare([topics.mlsRuleChanged]);
  const rule = { mlsId: 'A', ruleVersion: 1, activeLevel: 'agent', offMarketLevel: 'nobody', changedAt: 0 } as const;
  expect(serde.encode(topics.mlsRuleChanged, rule).toString('hex')).toBe(
    '00' + '01020304' + '0241' + '02' + '08' + '0a' + '00',
  );
});

describe('longs', () => {
  const versions = [1, 63, 64, 2 ** 31, 2 ** 48 - 1, 2 ** 49, 2 ** 52, 2 ** 52 + 1, 2 ** 53 - 1];
  test.each([...versions, ...versions.map((version) => -version), 0])('%d comes back', (estimateVersion) => {
    const serde = memorySerde();
    const value = { ...revaluation, estimateVersion };
    expect(plain(serde.decode(topics.estimateUpdated, serde.encode(topics.estimateUpdated, value)))).toEqual(value);
  });

  test.each([2 ** 53, -(2 ** 53), 2 ** 60])('%d is not written', async (estimateVersion) => {
    const serde = memorySerde();
    expect(await codeOf(() => serde.encode(topics.estimateUpdated, { ...revaluation, estimateVersion }))).toEqual([
      'VALUE_OUT_OF_RANGE',
      'park',
    ]);
  });

  test.each([
    ['2^53', '8080808080808020'],
    ['-2^53', 'ffffffffffffff1f'],
    ['2^63 - 1', 'feffffffffffffffff01'],
  ])('%s is not read', async (_, varint) => {
    const serde = memorySerde();
    const head = serde.encode(topics.estimateUpdated, revaluation).subarray(0, 5);
    // The property id, then the version, then a null estimate.
    const bytes = Buffer.concat([head, Buffer.from(`047031${varint}00`, 'hex')]);
    expect(await codeOf(() => serde.decode(topics.estimateUpdated, bytes))).toEqual(['VALUE_OUT_OF_RANGE', 'park']);
  });
});

describe('bytes that are no record are parked', () => {
  const frame = (id: number, body: string) => {
    const head = Buffer.alloc(5);
    head.writeUInt32BE(id, 1);
    return Buffer.concat([head, Buffer.from(body, 'hex')]);
  };
  const ownId = memorySerde()
    .encode(topics.warmupCandidates, {
      forecastId: '',
      strategy: '',
      tile: '',
      chunk: 0,
      propertyIds: [],
      probability: 0,
      viewedAt: 0,
      deadlineAt: 0,
    })
    .readUInt32BE(1);

  test.each([
    ['nothing at all', Buffer.alloc(0), 'NOT_AVRO'],
    ['text', Buffer.from('{"propertyId":"p1"}'), 'NOT_AVRO'],
    ['a frame that is cut off', Buffer.from([0, 0, 0, 0]), 'NOT_AVRO'],
    ['a schema that nobody knows', frame(4_000_000, '00'), 'SCHEMA_UNKNOWN'],
    ['a body that is cut off', frame(ownId, '0266'), 'BODY_INVALID'],
    ['no body', frame(ownId, ''), 'BODY_INVALID'],
    [
      'a body with more behind it',
      frame(ownId, '000000' + '00' + '00' + '0000000000000000' + '00' + '00' + 'ff'),
      'BODY_INVALID',
    ],
    ['a list that says it has 2^40 items', frame(ownId, '000000' + '00' + '808080808040'), 'BODY_INVALID'],
    ['a list block of less than no bytes', frame(ownId, '000000' + '00' + '0101'), 'BODY_INVALID'],
  ])('%s', async (_, bytes, code) => {
    expect(await codeOf(() => memorySerde().decode(topics.warmupCandidates, bytes))).toEqual([code, 'park']);
  });

  test('a schema that ours cannot read', async () => {
    const { serde, registry } = open();
    registry.add(77, { type: 'record', name: 'Elsewhere', fields: [{ name: 'a', type: 'string' }] });
    expect(await codeOf(() => serde.decode(topics.estimateUpdated, frame(77, '00')))).toEqual([
      'SCHEMA_UNREADABLE',
      'park',
    ]);
  });

  test('random bytes never do anything else', () => {
    const serde = memorySerde();
    let seed = 20_26;
    const next = () => (seed = (seed * 1_103_515_245 + 12_345) % 2 ** 31) % 256;
    let refused = 0;
    for (let round = 0; round < 2_000; round += 1) {
      const bytes = frame(ownId, Buffer.from(Array.from({ length: next() % 60 }, next)).toString('hex'));
      try {
        void serde.decode(topics.warmupCandidates, bytes);
      } catch (error) {
        expect(error).toBeInstanceOf(ContractError);
        expect(error).toMatchObject({ fate: 'park' });
        refused += 1;
      }
    }
    expect(refused).toBeGreaterThan(1_000);
  });
});

describe('a newer writer', () => {
  const change = (name: string, edit: (text: string) => string): object =>
    JSON.parse(edit(JSON.stringify(schemas[name]))) as object;

  test('with a symbol that we do not know: the reader sees the default, also inside a union', async () => {
    const { serde, registry } = open();
    const wider = change('visibility.seller-override-changed', (text) =>
      text.replaceAll('"agent","nobody"', '"agent","broker","nobody"'),
    );
    registry.add(81, wider);
    const value = { propertyId: 'p1', visibilityVersion: 2, changedAt: 0 };
    const bytesOf = (level: string | null) => createCodec(wider).write(81, { ...value, level });
    expect(plain(await serde.decode(topics.sellerOverrideChanged, bytesOf('broker')))).toEqual({
      ...value,
      level: 'unknown',
    });
    expect(plain(await serde.decode(topics.sellerOverrideChanged, bytesOf('nobody')))).toEqual({
      ...value,
      level: 'nobody',
    });
    expect(plain(await serde.decode(topics.sellerOverrideChanged, bytesOf(null)))).toEqual({ ...value, level: null });
  });

  test('with fields that we do not know: they are skipped, lists and maps too', async () => {
    const { serde, registry } = open();
    const grown = structuredClone(schemas['estimate.updated']) as { fields: object[] };
    grown.fields.unshift(
      { name: 'notes', type: { type: 'map', values: 'string' }, default: {} },
      { name: 'history', type: { type: 'array', items: 'long' }, default: [] },
    );
    registry.add(82, grown);
    const bytes = createCodec(grown).write(82, { ...revaluation, notes: { a: 'b' }, history: [1, 2, 3] });
    expect(plain(await serde.decode(topics.estimateUpdated, bytes))).toEqual(revaluation);
    const endless = Buffer.concat([bytes.subarray(0, 5), Buffer.from('808080808040', 'hex')]);
    expect(await codeOf(() => serde.decode(topics.estimateUpdated, endless))).toEqual(['BODY_INVALID', 'park']);
  });
});

describe('the registry', () => {
  test('down is worth waiting for, never a reason to park', async () => {
    const { serde, registry } = open();
    await serde.prepare([topics.estimateUpdated]);
    const bytes = serde.encode(topics.estimateUpdated, revaluation);
    registry.setDown(true);
    expect(await codeOf(() => serde.decode(topics.estimateUpdated, bytes))).toEqual(['REGISTRY_UNAVAILABLE', 'retry']);
    expect(await codeOf(() => serde.prepare([topics.estimateUpdated]))).toEqual(['REGISTRY_UNAVAILABLE', 'retry']);
    registry.setDown(false);
    expect(plain(await serde.decode(topics.estimateUpdated, bytes))).toEqual(revaluation);
  });

  test('is asked once for a schema, however many records wait for it', async () => {
    const { serde, asked } = open();
    await serde.prepare([topics.estimateUpdated]);
    const bytes = serde.encode(topics.estimateUpdated, revaluation);
    await Promise.all([1, 2, 3].map(async () => serde.decode(topics.estimateUpdated, bytes)));
    expect(asked).toEqual([bytes.readUInt32BE(1)]);
  });

  test('is not asked for every record of a schema that nobody knows, but again after a while', async () => {
    const { serde, asked, pass, registry } = open();
    const bytes = Buffer.from('00000f4240' + '00', 'hex');
    for (let record = 0; record < 3; record += 1) await codeOf(() => serde.decode(topics.estimateUpdated, bytes));
    expect(asked).toEqual([1_000_000]);
    pass(10_000);
    registry.add(1_000_000, schemas['estimate.updated'] ?? {});
    expect(await codeOf(() => serde.decode(topics.estimateUpdated, bytes))).toEqual(['BODY_INVALID', 'park']);
    expect(asked).toEqual([1_000_000, 1_000_000]);
  });

  test('without our schema is worth waiting for: the deploy step registers, never an app', async () => {
    const registry = createMemoryRegistry();
    const refusing = { ...registry, idOf: async () => Promise.reject(new ContractError('SCHEMA_NOT_REGISTERED', 'x')) };
    expect(await codeOf(() => createSerde({ registry: refusing }).prepare([topics.estimateUpdated]))).toEqual([
      'SCHEMA_NOT_REGISTERED',
      'retry',
    ]);
  });
});

describe('a value that does not fit is refused with its place and without itself', () => {
  const refusalOf = (value: unknown): string => {
    try {
      memorySerde().encode<unknown>(topics.warmupRequests, value);
    } catch (error) {
      return error instanceof Error ? error.message : '';
    }
    return 'was written';
  };
  test.each([
    ['items.0.ticket is undefined, not porchlight.warmup.Ticket', { ...request, items: [{ propertyId: 'p1' }] }],
    ['tile is number, not string', { ...request, tile: 424242 }],
    ['items is null, not array', { ...request, items: null }],
    ['viewedAt is number, not long', { ...request, viewedAt: 1.5 }],
    ['the value is undefined, not porchlight.warmup.WarmupRequests', undefined],
  ])('%s', (message, value) => {
    expect(refusalOf(value)).toBe(message);
  });
});

test('a topic that was not prepared is a bug of the caller', () => {
  expect(() => open().serde.encode(topics.estimateUpdated, revaluation)).toThrow(
    'prepare() was not called for the topic estimate.updated',
  );
});

test('a topic that has no schema is a bug of the caller', () => {
  expect(() => memorySerde().encode({ name: 'invented' }, {})).toThrow('no schema for the topic invented');
});

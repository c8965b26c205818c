import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { compileType } from './avro-type.ts';
import { describeErrors } from './errors.ts';
import { describeTopics } from './describe-topics.ts';
import { schemas } from './generated/schemas.ts';
import { differingFiles, readSchemas } from './generate.ts';
import { collectNamedTypes, type AvroSchema, type NamedSchema } from './schema-shape.ts';
import { typescriptOf } from './typescript-of.ts';
import { deadLetterTopicOf, streamApps, topics } from './topics.ts';

const files = [...readSchemas()];
const named: [string, NamedSchema][] = files.flatMap(([file, schema]) =>
  collectNamedTypes(schema).map((type): [string, NamedSchema] => [file, type]),
);

test('the generated files are what the schemas give', () => {
  expect(differingFiles()).toEqual([]);
});

test('every topic has its schema, and every schema its topic', () => {
  expect(
    Object.values(topics)
      .map(({ name }) => name)
      .sort(),
  ).toEqual(files.map(([file]) => file));
  expect(Object.keys(schemas).sort()).toEqual(files.map(([file]) => file));
});

test('every schema compiles', () => {
  expect(files.map(([, schema]) => compileType(schema as object).typeName)).toEqual(files.map(() => 'record'));
});

describe('documentation', () => {
  const undocumented = (types: readonly NamedSchema[]): string[] =>
    types.flatMap((type) => [
      ...((type.doc ?? '') === '' ? [type.name] : []),
      ...(type.fields ?? []).filter(({ doc = '' }) => doc === '').map((field) => `${type.name}.${field.name}`),
    ]);
  test('every record, enum and field says what it is', () => {
    expect(undocumented(named.map(([, type]) => type))).toEqual([]);
  });
  test('one that does not would be found', () => {
    expect(undocumented([{ type: 'record', name: 'A', fields: [{ name: 'b', type: 'string' }] }])).toEqual([
      'A',
      'A.b',
    ]);
  });
});

describe('a name means one thing in all files', () => {
  test.each(named.map(([file, type]): [string, string, NamedSchema] => [type.name, file, type]))(
    '%s in %s',
    (name, _, type) => {
      const meanings = new Set(
        named.filter(([, other]) => other.name === name).map(([, other]) => JSON.stringify(other)),
      );
      expect([...meanings]).toEqual([JSON.stringify(type)]);
    },
  );
});

describe('the rules of contracts', () => {
  const fields = named.flatMap(([file, type]) => (type.fields ?? []).map((field) => ({ file, type, field })));
  const has = (schema: AvroSchema, wanted: string): boolean => JSON.stringify(schema).includes(wanted);

  test('instants are timestamp-millis and named ...At, and nothing else is', () => {
    const odd = fields.filter(
      ({ field }) => field.name.endsWith('At') !== has(field.type, 'timestamp-millis') && !has(field.type, '"fields"'),
    );
    expect(odd.map(({ type, field }) => `${type.name}.${field.name}`)).toEqual([]);
  });
  test('money is whole dollars in a long, named ...Usd', () => {
    expect(fields.filter(({ field }) => field.name.endsWith('Usd')).map(({ field }) => field.type)).toEqual(
      fields.filter(({ field }) => field.name.endsWith('Usd')).map(() => 'long'),
    );
  });
  test('enums have the default symbol unknown', () => {
    const defaults = named
      .filter(([, type]) => type.type === 'enum')
      .map(([, type]) => (type as { default?: string }).default);
    expect(new Set(defaults)).toEqual(new Set(['unknown']));
  });
});

test('types are written for what Avro can say and we use', () => {
  const schema: NamedSchema = {
    type: 'record',
    name: 'Thing',
    doc: 'A thing.',
    fields: [
      { name: 'names', type: { type: 'array', items: ['null', 'string'] }, doc: 'Its names.' },
      { name: 'seenAt', type: ['null', { type: 'long', logicalType: 'timestamp-millis' }], doc: 'When.' },
      { name: 'level', type: 'porchlight.visibility.Level', doc: 'Who.' },
    ],
  };
  expect(typescriptOf(schema)).toBe(
    '/** A thing. */\nexport interface Thing {\n' +
      '  /** Its names. */\n  names: (string | null)[];\n' +
      '  /** When. UTC milliseconds. */\n  seenAt: number | null;\n' +
      '  /** Who. */\n  level: Level;\n}\n',
  );
  expect(() => typescriptOf({ type: 'record', name: 'A', fields: [{ name: 'b', type: { type: 'map' } }] })).toThrow(
    'no TypeScript for "map"',
  );
});

describe('topics', () => {
  test('what other teams read or write is fully compatible, the pipeline and the state of an app backward', () => {
    for (const { name, compatibility } of Object.values(topics))
      expect([name, compatibility]).toEqual([
        name,
        name.startsWith('warmup.') || name.endsWith('.changelog') ? 'BACKWARD_TRANSITIVE' : 'FULL_TRANSITIVE',
      ]);
  });
  test('the table and the errors stand in the README as they are here', () => {
    const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8');
    expect(readme).toContain(describeTopics());
    expect(readme).toContain(describeErrors());
  });
  test('dead letters are named for their app', () => {
    expect(streamApps.map(deadLetterTopicOf)).toEqual([
      'porchlight.forecaster.dlq',
      'porchlight.request-filter.dlq',
      'porchlight.data-fetcher.dlq',
      'porchlight.data-writer.dlq',
      'porchlight.invalidator.dlq',
    ]);
  });
});

/** An Avro schema as far as our contracts go. */
export type AvroSchema = string | readonly AvroSchema[] | AvroRecord | AvroOther;

export interface AvroRecord {
  readonly type: 'record';
  readonly name: string;
  readonly namespace?: string;
  readonly doc?: string;
  readonly fields: readonly { readonly name: string; readonly type: AvroSchema; readonly doc?: string }[];
}

interface AvroOther {
  readonly type: Exclude<string, 'record'>;
  readonly name?: string;
  readonly namespace?: string;
  readonly logicalType?: string;
  readonly symbols?: readonly string[];
  readonly items?: AvroSchema;
}

type Named = Map<string, AvroSchema>;

/** An instant that nobody takes for a real one: 2023-11-14T22:13:20Z. */
const EXAMPLE_AT = '1_700_000_000_000';

const primitives: Readonly<Record<string, string>> = {
  null: 'null',
  boolean: 'false',
  int: '1',
  long: '1',
  float: '0.5',
  double: '0.5',
  string: "'example'",
  bytes: 'Buffer.alloc(0)',
};

const isRecord = (schema: AvroSchema): schema is AvroRecord =>
  typeof schema === 'object' && 'type' in schema && schema.type === 'record';

function remember(schema: AvroRecord | AvroOther, named: Named): void {
  if (schema.name === undefined) return;
  named.set(schema.name, schema);
  named.set(`${schema.namespace ?? ''}.${schema.name}`, schema);
}

/**
 * A value of this schema, as TypeScript writes it.
 *
 * @throws {TypeError} for what our contracts do not use
 */
export function literalOf(schema: AvroSchema, named: Named = new Map()): string {
  if (typeof schema === 'string') {
    const primitive = primitives[schema];
    if (primitive !== undefined) return primitive;
    const known = named.get(schema);
    if (known === undefined) throw new TypeError(`no example of the Avro type ${schema}`);
    return literalOf(known, named);
  }
  if ('length' in schema) return schema.includes('null') ? 'null' : literalOf(schema[0] ?? 'null', named);
  const other = schema as AvroOther;
  remember(other, named);
  if (isRecord(schema))
    return `{ ${fieldLiterals(schema, named)
      .map(([name, text]) => `${name}: ${text}`)
      .join(', ')} }`;
  if (other.logicalType === 'timestamp-millis') return EXAMPLE_AT;
  if (other.type === 'enum') return `'${other.symbols?.find((symbol) => symbol !== 'unknown') ?? 'unknown'}'`;
  if (other.type === 'array') return `[${literalOf(other.items ?? 'null', named)}]`;
  if (other.type === 'map') return '{}';
  return literalOf(other.type, named);
}

/** @returns each field with an example of its value */
export const fieldLiterals = (record: AvroRecord, named: Named = new Map()): [name: string, literal: string][] =>
  record.fields.map(({ name, type }) => [name, literalOf(type, named)]);

const shapeOf = (schema: AvroSchema): string =>
  JSON.stringify(schema, (name, value: unknown) => (name === 'doc' ? undefined : value));

/** @returns the names of the fields that both records have, with one type: what one can hand to the other */
export function sharedFields(from: AvroRecord, to: AvroRecord): string[] {
  const shapes = new Map(from.fields.map(({ name, type }) => [name, shapeOf(type)]));
  return to.fields.filter(({ name, type }) => shapes.get(name) === shapeOf(type)).map(({ name }) => name);
}

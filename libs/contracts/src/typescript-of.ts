import type { AvroSchema, NamedSchema } from './schema-shape.ts';

const PRIMITIVES: Readonly<Record<string, string>> = {
  null: 'null',
  boolean: 'boolean',
  int: 'number',
  long: 'number',
  float: 'number',
  double: 'number',
  string: 'string',
  bytes: 'Buffer',
};

const shortName = (name: string): string => name.slice(name.lastIndexOf('.') + 1);

/** The TypeScript type of a place in a schema. @throws {Error} for a part of Avro that Porchlight does not use */
function typeOf(schema: AvroSchema): string {
  if (typeof schema === 'string') return PRIMITIVES[schema] ?? shortName(schema);
  if ('type' in schema) {
    if (schema.type === 'array' && schema.items !== undefined) {
      const items = typeOf(schema.items);
      return items.includes('|') ? `(${items})[]` : `${items}[]`;
    }
    if (schema.name !== undefined) return schema.name;
    if (typeof schema.type === 'string' && schema.type in PRIMITIVES) return typeOf(schema.type);
    throw new Error(`no TypeScript for ${JSON.stringify(schema.type)}`);
  }
  // `null` last, as people write it.
  const branches = schema.map(typeOf);
  return [...branches.filter((branch) => branch !== 'null'), ...branches.filter((branch) => branch === 'null')].join(
    ' | ',
  );
}

const isLong = (schema: AvroSchema): boolean =>
  schema === 'long' || (typeof schema === 'object' && 'type' in schema && schema.type === 'long');

/** Says what the type alone does not: instants and wide integers. */
function unitOf(schema: AvroSchema): string {
  const branches: readonly AvroSchema[] = typeof schema === 'object' && !('type' in schema) ? schema : [schema];
  const isInstant = branches.some(
    (each) => typeof each === 'object' && 'type' in each && each.logicalType === 'timestamp-millis',
  );
  if (isInstant) return ' UTC milliseconds.';
  return branches.some(isLong) ? ' A safe integer.' : '';
}

/** @returns one exported type with the docs of the record, or enum, and of its fields */
export function typescriptOf(schema: NamedSchema): string {
  const doc = `/** ${schema.doc ?? ''} */\n`;
  if (schema.type === 'enum') {
    const symbols = (schema.symbols ?? []).map((symbol) => `'${symbol}'`).join(' | ');
    return `${doc}export type ${schema.name} = ${symbols};\n`;
  }
  const fields = (schema.fields ?? []).map(
    (field) => `  /** ${field.doc ?? ''}${unitOf(field.type)} */\n  ${field.name}: ${typeOf(field.type)};\n`,
  );
  return `${doc}export interface ${schema.name} {\n${fields.join('')}}\n`;
}

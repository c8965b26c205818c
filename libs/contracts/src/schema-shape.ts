/** The part of Avro's schema language that Porchlight uses. */
export type AvroSchema = string | readonly AvroSchema[] | AvroObject;

export interface AvroObject {
  readonly type: AvroSchema;
  readonly name?: string;
  readonly namespace?: string;
  readonly doc?: string;
  readonly fields?: readonly AvroField[];
  readonly symbols?: readonly string[];
  readonly items?: AvroSchema;
  readonly logicalType?: string;
}

export interface AvroField {
  readonly name: string;
  readonly type: AvroSchema;
  readonly doc?: string;
}

/** A record or an enum, where it is defined. */
export type NamedSchema = AvroObject & { readonly name: string; readonly type: 'record' | 'enum' };

const isList = (schema: AvroSchema): schema is readonly AvroSchema[] => Array.isArray(schema);

const isNamed = (schema: AvroObject): schema is NamedSchema => schema.type === 'record' || schema.type === 'enum';

/** The records and enums that a schema defines, those inside before those around them. */
export function collectNamedTypes(schema: AvroSchema): NamedSchema[] {
  if (typeof schema === 'string') return [];
  if (isList(schema)) return schema.flatMap(collectNamedTypes);
  const inside = [
    ...(schema.fields ?? []).flatMap((field) => collectNamedTypes(field.type)),
    ...(schema.items === undefined ? [] : collectNamedTypes(schema.items)),
    ...(typeof schema.type === 'string' ? [] : collectNamedTypes(schema.type)),
  ];
  return isNamed(schema) ? [...inside, schema] : inside;
}

import type { UpdatedEstimate } from './generated/records.ts';
import { schemas } from './generated/schemas.ts';
import { topics } from './topics.ts';

interface Field {
  readonly name: string;
  readonly type: unknown;
}

/** The fields of a record in a schema, by the record's name. @throws if the schema has no such record */
function fieldsOf(schema: unknown, recordName: string): readonly Field[] {
  const found = findRecord(schema, recordName);
  if (found === undefined) throw new Error(`no record ${recordName} in that schema`);
  return found;
}

function findRecord(schema: unknown, recordName: string): readonly Field[] | undefined {
  if (Array.isArray(schema)) {
    return schema.map((part) => findRecord(part, recordName)).find((part) => part !== undefined);
  }
  if (typeof schema !== 'object' || schema === null) return undefined;
  const { name, fields = [] } = schema as { readonly name?: string; readonly fields?: readonly Field[] };
  return name === recordName
    ? fields
    : fields.map(({ type }) => findRecord(type, recordName)).find((part) => part !== undefined);
}

/**
 * What an estimate is made of for a client, in the order of its schema: the one list from which everybody who stores or answers
 * an estimate prints it.
 */
export const estimateFields: readonly (keyof UpdatedEstimate)[] = fieldsOf(
  schemas[topics.estimateUpdated.name],
  'UpdatedEstimate',
).map(({ name }) => name as keyof UpdatedEstimate);

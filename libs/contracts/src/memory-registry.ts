import { ContractError } from './errors.ts';
import { schemas } from './generated/schemas.ts';
import type { SchemaRegistry } from './schema-registry.ts';

/** A registry in memory that has every schema of ours under a fixed id, and what a test adds. */
export interface MemoryRegistry extends SchemaRegistry {
  add(schemaId: number, schema: object): void;
  /** Until it is told otherwise, every request fails as if nobody listened. */
  setDown(isDown: boolean): void;
}

/** Our schemas under ids that never change. */
export const fixedSchemas: ReadonlyMap<number, object> = new Map(
  Object.values(schemas).map((schema, at) => [at + 1, schema]),
);

export function createMemoryRegistry(): MemoryRegistry {
  const byId = new Map(fixedSchemas);
  let down = false;
  const mustBeUp = () => {
    if (down) throw new ContractError('REGISTRY_UNAVAILABLE', 'the schema registry does not answer');
  };
  return {
    add: (schemaId, schema) => void byId.set(schemaId, schema),
    setDown: (isDown) => void (down = isDown),
    async schemaOf(schemaId) {
      mustBeUp();
      const schema = byId.get(schemaId);
      if (schema === undefined) throw new ContractError('SCHEMA_UNKNOWN', `the registry has no schema ${schemaId}`);
      return schema;
    },
    async idOf(subject, schema) {
      mustBeUp();
      const text = JSON.stringify(schema);
      const found = [...byId].find(([, known]) => JSON.stringify(known) === text);
      if (found !== undefined) return found[0];
      throw new ContractError('SCHEMA_NOT_REGISTERED', `subject ${subject} does not have our schema`);
    },
  };
}

/** How strict the registry is with new versions of a subject. */
export type Compatibility = 'FULL_TRANSITIVE' | 'BACKWARD_TRANSITIVE';

/**
 * The schema registry as Porchlight uses it.
 *
 * @throws {ContractError} REGISTRY_UNAVAILABLE (fate retry) from every method when it does not answer
 */
export interface SchemaRegistry {
  /** @returns the schema of an id @throws {ContractError} SCHEMA_UNKNOWN, NOT_AVRO */
  schemaOf(schemaId: number): Promise<object>;
  /** @returns the id of exactly this schema in a subject; never registers it @throws {ContractError} SCHEMA_NOT_REGISTERED */
  idOf(subject: string, schema: object): Promise<number>;
}

/** @returns the subject of a topic's values */
export const subjectOf = (topic: { readonly name: string }): string => `${topic.name}-value`;

import { createCodec, ContractError, schemaIdOf, type Reader, type SchemaRegistry } from '@porchlight/contracts';

/** A value, or why it cannot be shown. Bytes that nobody can decode are not shown: nobody knows what is in them. */
export type Decoded = { readonly value: unknown } | { readonly error: string };

/** Reads what was written, by the schema that wrote it: an operator sees the record, not what one of our readers makes of it. */
export interface Decoder {
  /** @throws {ContractError} REGISTRY_UNAVAILABLE */
  decode(bytes: Buffer | null): Promise<Decoded>;
}

/** @returns a decoder that asks the registry once for each schema */
export function createDecoder(registry: SchemaRegistry): Decoder {
  const readers = new Map<number, Promise<Reader>>();
  const readerOf = (schemaId: number): Promise<Reader> => {
    const known = readers.get(schemaId);
    if (known !== undefined) return known;
    const asked = registry.schemaOf(schemaId).then((schema) => createCodec(schema).readerOf(schema));
    readers.set(schemaId, asked);
    return asked;
  };
  return {
    async decode(bytes) {
      if (bytes === null) return { value: null };
      try {
        return { value: (await readerOf(schemaIdOf(bytes))).read(bytes) };
      } catch (error) {
        if (error instanceof ContractError && error.fate === 'park') return { error: error.code };
        throw error;
      }
    },
  };
}

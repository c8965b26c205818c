import { createCodec, type Compatibility } from '@porchlight/contracts';

/** One older schema of a subject. */
export interface SubjectVersion {
  readonly version: number;
  readonly id: number;
  readonly schema: object;
}

/** Why `reader` cannot read what `writer` wrote, in avsc's words; undefined if it can. */
function whyUnreadable(reader: object, writer: object): string | undefined {
  try {
    createCodec(reader).readerOf(writer);
    return undefined;
  } catch (error) {
    const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
    return cause instanceof Error ? cause.message : 'no reason given';
  }
}

/**
 * Says in words what the registry would only refuse: whom a new schema would leave behind.
 *
 * @returns one sentence for each older version that does not get on with it; empty if all do
 */
export function incompatibilitiesOf(
  schema: object,
  versions: readonly SubjectVersion[],
  level: Compatibility,
): string[] {
  return versions.flatMap(({ version, schema: older }) => {
    const backward = whyUnreadable(schema, older);
    const forward = level === 'FULL_TRANSITIVE' ? whyUnreadable(older, schema) : undefined;
    return [
      ...(backward === undefined ? [] : [`new readers cannot read records of version ${version}: ${backward}`]),
      ...(forward === undefined ? [] : [`readers of version ${version} cannot read new records: ${forward}`]),
    ];
  });
}

/**
 * What the contracts may meet. `park`: the same bytes would fail for ever; `retry`: the registry is away, the record is
 * sound. Messages name a place, never a value.
 */
export const contractErrors = {
  NOT_AVRO: {
    fate: 'park',
    means: 'The bytes are no record in the Confluent wire format, or the schema they name is not Avro.',
  },
  SCHEMA_UNKNOWN: { fate: 'park', means: 'The registry has no schema of that id.' },
  SCHEMA_UNREADABLE: { fate: 'park', means: 'Our schema cannot read what that schema writes.' },
  BODY_INVALID: { fate: 'park', means: 'The body is not what its schema says: cut off, too long, or out of bounds.' },
  VALUE_OUT_OF_RANGE: { fate: 'park', means: 'A long beyond ±(2^53 - 1), which a JavaScript number cannot hold.' },
  VALUE_INVALID: { fate: 'park', means: 'A value to be written does not fit its schema; the message says where.' },
  SCHEMA_NOT_REGISTERED: {
    fate: 'retry',
    means: 'The registry does not have our schema yet: `npx porchlight schemas register`.',
  },
  REGISTRY_UNAVAILABLE: { fate: 'retry', means: 'The registry does not answer, or answers with an error of its own.' },
  SCHEMA_INCOMPATIBLE: {
    fate: 'crash',
    means: 'The registry refuses our schema: it breaks the compatibility of its subject.',
  },
} as const;

export type ContractErrorCode = keyof typeof contractErrors;

/** An error of the contracts. The code is one of `contractErrors`, which also says its fate. */
export class ContractError extends Error {
  readonly code: ContractErrorCode;
  readonly fate: 'retry' | 'park' | 'crash';
  constructor(code: ContractErrorCode, message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = 'ContractError';
    this.code = code;
    this.fate = contractErrors[code].fate;
  }
}

/** The table of errors as Markdown, for the README. */
export const describeErrors = (): string =>
  [
    '| code | fate | means |',
    '| --- | --- | --- |',
    ...Object.entries(contractErrors).map(([code, { fate, means }]) => `| \`${code}\` | ${fate} | ${means} |`),
  ].join('\n');

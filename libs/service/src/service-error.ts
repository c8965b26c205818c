/** What a stream does with the record that met an error: try again, put it aside, or stop the process uncommitted. */
export type Fate = 'retry' | 'park' | 'crash';

/**
 * An error on purpose, with a stable code. Libraries that may not import this one throw any Error with `code` and
 * `fate`: readers look at the two fields, never at the class.
 */
export abstract class ServiceError extends Error {
  abstract readonly code: string;
  abstract readonly fate: Fate;
  override get name(): string {
    return this.constructor.name;
  }
}

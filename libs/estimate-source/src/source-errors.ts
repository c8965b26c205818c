/** The codes that an estimate source fails with; a closed list. */
export const SOURCE_ERROR_CODES = [
  'SOURCE_THROTTLED',
  'SOURCE_UNAVAILABLE',
  'SOURCE_MISBEHAVED',
  'SOURCE_OVERLOADED',
] as const;
export type SourceErrorCode = (typeof SOURCE_ERROR_CODES)[number];

/** What every failure of a source has in common. Nothing is wrong with the record, so all of them are worth a retry. */
export abstract class SourceError extends Error {
  abstract readonly code: SourceErrorCode;
  readonly fate = 'retry';
}

/** Upstream asks for fewer calls (429). */
export class SourceThrottled extends SourceError {
  readonly code = 'SOURCE_THROTTLED';
  override readonly name = 'SourceThrottled';
  /** How long to ask nothing, in milliseconds. */
  readonly retryAfterMs: number;

  constructor(retryAfterMs: number) {
    super(`upstream asks for a pause of ${retryAfterMs} ms`);
    this.retryAfterMs = retryAfterMs;
  }
}

/** Upstream cannot be reached, took too long, or answered 5xx. */
export class SourceUnavailable extends SourceError {
  readonly code = 'SOURCE_UNAVAILABLE';
  override readonly name = 'SourceUnavailable';

  constructor(why: string, options?: ErrorOptions) {
    super(`upstream is unavailable: ${why}`, options);
  }
}

/** Upstream answered something that is not an answer to what was asked; none of it is used. */
export class SourceMisbehaved extends SourceError {
  readonly code = 'SOURCE_MISBEHAVED';
  override readonly name = 'SourceMisbehaved';

  constructor(why: string) {
    super(`upstream gave a wrong answer: ${why}`);
  }
}

/** No call was made: too many callers wait, one waited too long, or upstream is to be left alone. Nothing was asked or paid. */
export class SourceOverloaded extends SourceError {
  readonly code = 'SOURCE_OVERLOADED';
  override readonly name = 'SourceOverloaded';

  constructor(why: string) {
    super(`upstream was not asked: ${why}`);
  }
}

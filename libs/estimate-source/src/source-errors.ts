/** The codes that an estimate source fails with; a closed list. */
export const SOURCE_ERROR_CODES = [
  'SOURCE_THROTTLED',
  'SOURCE_UNAVAILABLE',
  'SOURCE_MISBEHAVED',
  'SOURCE_OVERLOADED',
  'SOURCE_PAUSED',
  'SOURCE_BROKEN',
  'SOURCE_OVER_BUDGET',
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

/**
 * What became of a call without an answer. `never-billed`: no connection, or a 5xx. `maybe-billed`: it was sent, and the seller may
 * have done the work: a time-out, a connection that broke. `left`: its caller left, which says nothing of upstream; it may be billed.
 */
export type UnansweredKind = 'never-billed' | 'maybe-billed' | 'left';

/** Upstream cannot be reached, took too long, or answered 5xx. */
export class SourceUnavailable extends SourceError {
  readonly code = 'SOURCE_UNAVAILABLE';
  override readonly name = 'SourceUnavailable';
  readonly kind: UnansweredKind;
  /** What a 503 said of when to come back, milliseconds; 0: nothing. */
  readonly retryAfterMs: number;

  constructor(why: string, options: { kind?: UnansweredKind; retryAfterMs?: number } = {}) {
    super(`upstream is unavailable: ${why}`);
    this.kind = options.kind ?? 'maybe-billed';
    this.retryAfterMs = options.retryAfterMs ?? 0;
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

/** No call was made: nothing was asked or paid, so nobody needs to wait before the next one asks. */
export abstract class SourceNotAsked extends SourceError {
  constructor(why: string) {
    super(`upstream was not asked: ${why}`);
  }
}

/** Too many callers wait, or one waited too long for its call to begin. */
export class SourceOverloaded extends SourceNotAsked {
  readonly code = 'SOURCE_OVERLOADED';
  override readonly name = 'SourceOverloaded';
}

/** Upstream said to some process of the fleet when to come back (429), and it is not so late yet. */
export class SourcePaused extends SourceNotAsked {
  readonly code = 'SOURCE_PAUSED';
  override readonly name = 'SourcePaused';

  constructor(leftMs: number) {
    super(`it asked for a pause, ${Math.ceil(leftMs)} ms of which are left`);
  }
}

/** The circuit breaker of this process is open: too many calls have failed of late. */
export class SourceBroken extends SourceNotAsked {
  readonly code = 'SOURCE_BROKEN';
  override readonly name = 'SourceBroken';

  constructor() {
    super('too many calls have failed of late');
  }
}

/** The fleet has used up what it may ask for now; for a warm-up, what it leaves to users. */
export class SourceOverBudget extends SourceNotAsked {
  readonly code = 'SOURCE_OVER_BUDGET';
  override readonly name = 'SourceOverBudget';

  constructor(what: 'requests' | 'items') {
    super(`the budget of ${what} is used up`);
  }
}

/** The codes of errors after which upstream was not asked. */
export const NOT_ASKED_CODES: readonly SourceErrorCode[] = [
  'SOURCE_OVERLOADED',
  'SOURCE_PAUSED',
  'SOURCE_BROKEN',
  'SOURCE_OVER_BUDGET',
];

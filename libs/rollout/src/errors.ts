/** The flags cannot be read or written now. Whoever evaluates goes on with the last good ones. */
export class FlagsUnavailable extends Error {
  readonly code = 'FLAGS_UNAVAILABLE';
  readonly fate = 'retry';
  override readonly name = 'FlagsUnavailable';

  constructor(reason: string, cause?: unknown) {
    super(`the flags cannot be reached: ${reason}`, cause === undefined ? undefined : { cause });
  }
}

/** What lies there is foreign text: of what is wrong with it no more is told than a person reads. */
const PROBLEMS_MAX = 5;
const PROBLEM_LENGTH_MAX = 200;

/** A document of flags that is not one, or is of another format. It changes nothing: the last good one stays in force. */
export class FlagsRefused extends Error {
  readonly code = 'FLAGS_REFUSED';
  readonly fate = 'crash';
  override readonly name = 'FlagsRefused';
  /** What is wrong, one line each; the first few of them. */
  readonly problems: readonly string[];

  constructor(problems: readonly string[]) {
    const first = problems.slice(0, PROBLEMS_MAX).map((problem) => problem.slice(0, PROBLEM_LENGTH_MAX));
    super(`the document of flags is refused: ${first.join('; ')}`);
    this.problems = first;
  }
}

/** A change that makes no sense: a flag or cohort that does not exist, a percentage out of range. Says what does. */
export class FlagChangeRefused extends Error {
  readonly code = 'FLAG_CHANGE_REFUSED';
  readonly fate = 'crash';
  override readonly name = 'FlagChangeRefused';
}

/** Somebody else changed the flags since they were read. Nothing was written. */
export class FlagsChangedMeanwhile extends Error {
  readonly code = 'FLAGS_CHANGED_MEANWHILE';
  readonly fate = 'crash';
  override readonly name = 'FlagsChangedMeanwhile';

  constructor() {
    super('somebody else changed the flags since they were read; nothing was written');
  }
}

/** An address that is none of Redis. Not shown: it may hold a password. */
export class FlagsAddressInvalid extends Error {
  readonly code = 'FLAGS_ADDRESS_INVALID';
  readonly fate = 'crash';
  override readonly name = 'FlagsAddressInvalid';

  constructor() {
    super('the address of Redis is not redis://[user:password@]host:port[,host:port...], database 0');
  }
}

/**
 * Redis did not answer, or cannot answer now: down, loading, failing over, out of memory, too slow.
 * Retried: nothing was lost that a later try would not find, and every command may be repeated.
 */
export class CacheUnavailable extends Error {
  readonly code = 'CACHE_UNAVAILABLE';
  readonly fate = 'retry';
  override readonly name: string = 'CacheUnavailable';
  readonly reason: string;

  constructor(reason: string, cause?: unknown) {
    super(`the estimate cache does not answer: ${reason}`, cause === undefined ? undefined : { cause });
    this.reason = reason;
  }
}

/**
 * Part of Redis does not answer: the homes of a lost node were not answered, the others were. Whoever does not look at
 * `answers` meets what it is to them, a Redis that is down.
 */
export class CachePartlyUnavailable extends CacheUnavailable {
  override readonly name = 'CachePartlyUnavailable';
  /** As the batch was asked; null where no answer came. `partialAnswers` gives them their type back. */
  readonly answers: readonly unknown[];
  /** Why the first of those got none. */
  readonly first: CacheUnavailable;

  constructor(answers: readonly unknown[], first: CacheUnavailable) {
    const lost = answers.filter((answer) => answer === null).length;
    super(`${lost} of ${answers.length} commands got no answer (${first.reason})`, first);
    this.answers = answers;
    this.first = first;
  }
}

/** Redis refused a command for a reason that no waiting mends: a script that fails, a password that is wrong. */
export class CacheFault extends Error {
  readonly code = 'CACHE_FAULT';
  readonly fate = 'crash';
  override readonly name = 'CacheFault';

  constructor(reason: string, cause?: unknown) {
    super(`the estimate cache refused a command: ${reason}`, cause === undefined ? undefined : { cause });
  }
}

/** An estimate whose bytes are more than a value may hold. Parked: the same record would fail for ever. */
export class PayloadTooLarge extends Error {
  readonly code = 'PAYLOAD_TOO_LARGE';
  readonly fate = 'park';
  override readonly name = 'PayloadTooLarge';

  constructor(propertyId: string, bytes: number, bytesMax: number) {
    super(`the estimate of ${propertyId} is ${bytes} bytes, more than the ${bytesMax} that a value may hold`);
  }
}

/** Something that can be stored but never read back: an id, a version or an instant outside its range. Parked. */
export class BadCacheEntry extends Error {
  readonly code = 'BAD_CACHE_ENTRY';
  readonly fate = 'park';
  override readonly name = 'BadCacheEntry';

  constructor(what: string) {
    super(`the estimate cache cannot hold ${what}`);
  }
}

/** Times that contradict each other, so that the protocol would not hold. Found at the start. */
export class CacheConfigRefused extends Error {
  readonly code = 'CACHE_CONFIG_REFUSED';
  readonly fate = 'crash';
  override readonly name = 'CacheConfigRefused';

  constructor(faults: readonly string[]) {
    super(`the estimate cache cannot run with these settings: ${faults.join('; ')}`);
  }
}

/** A Redis that the protocol cannot trust: refused policy, too old, or a replica. Found at the start. */
export class CachePolicyRefused extends Error {
  readonly code = 'CACHE_POLICY_REFUSED';
  readonly fate = 'crash';
  override readonly name = 'CachePolicyRefused';

  constructor(reason: string) {
    super(`this Redis cannot hold the estimate cache: ${reason}`);
  }
}

import {
  circuitBreaker,
  CircuitState,
  DelegateBackoff,
  handleWhen,
  SamplingBreaker,
  type IBreaker,
  type IHalfOpenAfterBackoffContext,
} from 'cockatiel';
import { BREAKER_OPEN_MS_MAX } from './limits.ts';
import { SourceBroken } from './source-errors.ts';

/** `half-open`: one call is on its way to find out. */
export type BreakerState = 'closed' | 'half-open' | 'open';

export interface BreakerOptions {
  /** Share of calls within `windowMs` that must fail for it to open, above 0 and below 1. */
  readonly failureShare: number;
  readonly windowMs: number;
  /** Fewer calls than this within the window open nothing. */
  readonly callsMin: number;
  /** How long it stays open the first time; twice as long after each probe that fails, up to BREAKER_OPEN_MS_MAX if it is less. */
  readonly openMs: number;
  readonly isFailure: (error: unknown) => boolean;
  /** A call that took longer counts as a failure, though its answer is used. Default: none does. */
  readonly slowMs?: number;
  readonly onChange?: (state: BreakerState) => void;
  /** Uniform in [0, 1): the processes of a fleet do not probe at one moment. */
  readonly random?: () => number;
}

export interface CircuitBreaker {
  state(): BreakerState;
  /** Whether a call would be made now: it is closed, or it is time for a probe and none is under way. */
  lets(): boolean;
  /** @throws {SourceBroken} at once, instead of making the call; else what the call throws */
  run<T>(call: () => Promise<T>): Promise<T>;
}

/** A fifth more or less. */
const JITTER = 0.2;
const SECOND_MS = 1_000;

const names: Readonly<Record<CircuitState, BreakerState>> = {
  [CircuitState.Closed]: 'closed',
  [CircuitState.HalfOpen]: 'half-open',
  [CircuitState.Open]: 'open',
  [CircuitState.Isolated]: 'open',
};

/**
 * cockatiel's circuit breaker, with three things put right for a caller that may not wait.
 *
 * While a probe is under way cockatiel lets the others wait for its end; here they are refused at once. And it does not tell when
 * the next probe is due, so that a caller could not know before it spends its budget whether it would be let through. Nor does it
 * expect that a host's clock is set back, and would stay open for as long: when a probe is due is decided here alone.
 */
export function createCircuitBreaker(options: BreakerOptions): CircuitBreaker {
  const { isFailure, slowMs = Infinity, onChange, random = Math.random } = options;
  let probe = { at: 0, afterMs: 0 };
  const halfOpenAfter = new DelegateBackoff(({ attempt }: IHalfOpenAfterBackoffContext) => {
    const openMs = Math.min(Math.max(BREAKER_OPEN_MS_MAX, options.openMs), options.openMs * 2 ** (attempt - 1));
    const jitteredMs = Math.round(openMs * (1 - JITTER + 2 * JITTER * random()));
    probe = { at: Date.now() + jitteredMs, afterMs: jitteredMs };
    return Number.NEGATIVE_INFINITY;
  });
  const policy = circuitBreaker(
    handleWhen(isFailure).orWhenResult((result) => (result as Timed<unknown>).durationMs > slowMs),
    { breaker: new RecentSamples(options), halfOpenAfter },
  );
  policy.onStateChange((state) => onChange?.(names[state]));
  const isProbeDue = (): boolean => {
    const leftMs = probe.at - Date.now();
    return leftMs <= 0 || leftMs > probe.afterMs; // more than it ever was: this host's clock was set back
  };
  const lets = (): boolean =>
    policy.state === CircuitState.Closed || (policy.state === CircuitState.Open && isProbeDue());
  return {
    state: () => names[policy.state],
    lets,
    async run(call) {
      if (!lets()) throw new SourceBroken();
      return (await policy.execute(() => timed(call))).value;
    },
  };
}

interface Timed<T> {
  readonly value: T;
  readonly durationMs: number;
}

async function timed<T>(call: () => Promise<T>): Promise<Timed<T>> {
  const startedAt = performance.now();
  const value = await call();
  return { value, durationMs: performance.now() - startedAt };
}

/**
 * cockatiel's samples, thrown away after a silence as long as the window: it lets go of them one part of the window at a time, as
 * calls come, so that what failed last night would count this morning. And when the host's clock was set back: until it is again
 * as late as it was, they would all be of one part, which does not end.
 */
class RecentSamples implements IBreaker {
  readonly #options: BreakerOptions;
  #samples: SamplingBreaker;
  #lastAt = 0;

  constructor(options: BreakerOptions) {
    this.#options = options;
    this.#samples = this.#empty();
  }

  get state(): unknown {
    return this.#samples.state;
  }

  set state(value: unknown) {
    this.#samples.state = value;
  }

  success(state: CircuitState): void {
    this.#forgetTheOld();
    this.#samples.success(state);
  }

  failure(state: CircuitState): boolean {
    this.#forgetTheOld();
    return this.#samples.failure(state);
  }

  #forgetTheOld(): void {
    const now = Date.now();
    const silenceMs = now - this.#lastAt;
    if (silenceMs > this.#options.windowMs || silenceMs < 0) this.#samples = this.#empty();
    this.#lastAt = now;
  }

  #empty(): SamplingBreaker {
    const { failureShare, windowMs, callsMin } = this.#options;
    return new SamplingBreaker({
      threshold: failureShare,
      duration: windowMs,
      minimumRps: (callsMin * SECOND_MS) / windowMs,
    });
  }
}

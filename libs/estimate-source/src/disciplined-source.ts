import { createCircuitBreaker, type BreakerOptions, type BreakerState } from './circuit-breaker.ts';
import { createFleetBudget, type FleetBudget, type FleetBudgetOptions } from './fleet-budget.ts';
import { SYNC_TIMEOUT_MS } from './limits.ts';
import type { RetryVerdict } from './may-retry.ts';
import type { EstimateSource, FetchOptions, Lane, SourceAnswer } from './port.ts';
import { retryingSource } from './retrying-source.ts';
import {
  SourceBroken,
  SourceError,
  SourceMisbehaved,
  SourceNotAsked,
  SourcePaused,
  SourceThrottled,
  SourceUnavailable,
  type SourceErrorCode,
} from './source-errors.ts';

/** What the discipline tells of itself; never an id. */
export interface SourceMeter {
  /** A call that went out, retries included. `outcome`: ok, or the error's code. */
  called(outcome: string, lane: Lane, durationMs: number): void;
  /** A call that was not made. */
  refused(code: SourceErrorCode, lane: Lane): void;
  failed(verdict: RetryVerdict): void;
  drew(from: 'fleet' | 'local'): void;
  breakerChanged(state: BreakerState): void;
}

export interface SourceLog {
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
}

export interface DisciplineOptions {
  readonly budget: Omit<FleetBudgetOptions, 'clock' | 'onDraw' | 'onStoreSilent'>;
  readonly breaker: Omit<BreakerOptions, 'isFailure' | 'onChange'>;
  /** Retries as a share of calls, 0..1; 0: none. */
  readonly retryShare: number;
  readonly clock: FleetBudgetOptions['clock'];
  readonly meter: SourceMeter;
  readonly log: SourceLog;
  /** Whose calls they are, if a call does not say. Default: `user`. */
  readonly lane?: Lane;
}

export interface DisciplinedSource extends EstimateSource {
  /** Why a call of this lane would not be made now, as far as this process knows; null: nothing speaks against it. */
  refusalOf(lane: Lane): SourceNotAsked | null;
  breakerState(): BreakerState;
  /** How long this lane leaves upstream alone, milliseconds; 0: not at all. */
  pausedMs(lane: Lane): number;
}

/** What says that upstream is unwell. A 429 does not: it asks for a pause; a caller that left says nothing at all. */
const isFailure = (error: unknown): boolean =>
  error instanceof SourceMisbehaved || (error instanceof SourceUnavailable && error.kind !== 'left');

/**
 * How the fleet behaves towards a seller that is slow, ill, or asks to be left alone. In this order for each call: a pause that
 * upstream asked for, the breaker, the fleet's budget, the call, and one retry where that costs nothing twice. What is not let
 * through is refused at once; nothing queues here. All of it happens within the call's own `timeoutMs`.
 *
 * @throws {SourcePaused | SourceBroken | SourceOverBudget} if upstream was not asked; else as the source
 */
export function disciplinedSource(source: EstimateSource, options: DisciplineOptions): DisciplinedSource {
  const { meter, log, lane: ownLane = 'user', clock } = options;
  const breaker = createCircuitBreaker({ ...options.breaker, isFailure, onChange: tellBreaker(meter, log) });
  const budget = createFleetBudget({
    ...options.budget,
    clock,
    onDraw: (from) => meter.drew(from),
    onStoreSilent: (error) =>
      log.warn({ error }, 'the budget of the fleet cannot be asked for: this process keeps to its own share'),
  });
  const refusalOf = (lane: Lane): SourceNotAsked | null => {
    const leftMs = budget.pausedMs(lane);
    if (leftMs > 0) return new SourcePaused(leftMs);
    return breaker.lets() ? null : new SourceBroken();
  };
  const guarded = guardedSource(source, { breaker, budget, refusalOf, meter, clock });
  const retrying = retryingSource(guarded, {
    retryShare: options.retryShare,
    clock,
    onFailed: (verdict) => meter.failed(verdict),
  });
  return {
    fetch: (propertyIds, { lane = ownLane, ...rest } = {}) => retrying.fetch(propertyIds, { ...rest, lane }),
    refusalOf,
    breakerState: () => breaker.state(),
    pausedMs: (lane) => budget.pausedMs(lane),
  };
}

interface Guards {
  readonly breaker: ReturnType<typeof createCircuitBreaker>;
  readonly budget: FleetBudget;
  readonly refusalOf: (lane: Lane) => SourceNotAsked | null;
  readonly meter: SourceMeter;
  readonly clock: FleetBudgetOptions['clock'];
}

/** One attempt: what speaks against it first, then the call. */
function guardedSource(source: EstimateSource, { breaker, budget, refusalOf, meter, clock }: Guards): EstimateSource {
  const attempt = async (propertyIds: readonly string[], lane: Lane, options: FetchOptions): Promise<SourceAnswer> => {
    const askedAt = clock.now();
    const tell = (outcome: string): void => meter.called(outcome, lane, Math.max(0, clock.now() - askedAt));
    try {
      const answer = await source.fetch(propertyIds, options);
      tell('ok');
      return { ...answer, askedAt };
    } catch (error) {
      if (error instanceof SourceThrottled) budget.pause(error.retryAfterMs);
      tell(error instanceof SourceError ? error.code : 'UNKNOWN');
      throw error;
    }
  };
  const refuse = (refusal: SourceNotAsked, lane: Lane): never => {
    meter.refused(refusal.code, lane);
    throw refusal;
  };
  const mayCall = async (items: number, lane: Lane): Promise<void> => {
    const before = refusalOf(lane);
    if (before !== null) return refuse(before, lane);
    const drawn = await budget.draw(items, lane);
    if (drawn instanceof SourceNotAsked) return refuse(drawn, lane);
    const meanwhile = refusalOf(lane);
    if (meanwhile === null) return;
    drawn.giveBack(); // the breaker opened, or a pause began, while the budget was asked: nobody pays for a call that is not made
    refuse(meanwhile, lane);
  };
  return {
    async fetch(propertyIds, options = {}) {
      const { lane = 'user', timeoutMs = SYNC_TIMEOUT_MS } = options;
      const begunAt = clock.now();
      await mayCall(propertyIds.length, lane);
      const leftMs = timeoutMs - Math.max(0, clock.now() - begunAt);
      const { signal, ...rest } = { ...options, timeoutMs: Math.max(1, leftMs) };
      return await breaker.run(() => {
        // A probe is heard to its end: one that its caller broke off would say nothing, and count as well.
        const isProbe = breaker.state() === 'half-open' || signal === undefined;
        return attempt(propertyIds, lane, isProbe ? rest : { ...rest, signal });
      });
    },
  };
}

function tellBreaker(meter: SourceMeter, log: SourceLog): (state: BreakerState) => void {
  const messages: Record<BreakerState, string> = {
    open: 'too many calls of upstream fail: it is left alone for a while',
    'half-open': 'one call finds out whether upstream is well again',
    closed: 'upstream is well again',
  };
  return (state) => {
    meter.breakerChanged(state);
    if (state === 'open') log.warn({ code: 'SOURCE_BROKEN', state }, messages[state]);
    else log.info({ state }, messages[state]);
  };
}

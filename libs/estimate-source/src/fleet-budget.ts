import type { BudgetStore, StoreDraw } from './budget-store.ts';
import { BACKGROUND_PAUSE_FACTOR, BUDGET_REST_MS, BUDGET_TIMEOUT_MS, PAUSE_MS_MAX } from './limits.ts';
import type { Lane } from './port.ts';
import { SourceOverBudget, SourcePaused, type SourceNotAsked } from './source-errors.ts';
import { budgetLimitsOf, drawTokens, returnTokens, type BudgetOptions, type Tokens } from './token-bucket.ts';

/** The time, as `@porchlight/stream` and `@porchlight/service` have it. */
export interface SourceClock {
  now(): number;
  after(delayMs: number, run: () => void): { cancel(): void };
}

export interface FleetBudgetOptions extends BudgetOptions {
  readonly store: BudgetStore;
  /** What this process may spend by itself while the store does not answer: a share of the fleet's rates, 0..1. */
  readonly localShare: number;
  readonly clock: SourceClock;
  /** Who granted or refused a draw, for the metrics. */
  readonly onDraw?: (from: 'fleet' | 'local') => void;
  /** Told when the store stops answering, once until it answers again. */
  readonly onStoreSilent?: (error: unknown) => void;
}

/** A call that may be made. */
export interface Drawn {
  /** It is not made after all: what it would have cost goes back to where it was drawn. Waits for nothing, never throws. */
  giveBack(): void;
}

/** What may be asked of upstream now, by the fleet's budget and by what upstream itself said. */
export interface FleetBudget {
  /** @returns what was drawn, or why the call may not be made. Within BUDGET_TIMEOUT_MS, whatever happens to the store; never rejects */
  draw(items: number, lane: Lane): Promise<Drawn | SourceNotAsked>;
  /** How long this lane still leaves upstream alone, by what this process knows; 0: not at all. */
  pausedMs(lane: Lane): number;
  /** Upstream asked for a pause: this process keeps it from now on, the others from their next draw. */
  pause(retryAfterMs: number): void;
}

/**
 * The fleet's budget with a local share for while the store is away.
 *
 * The local bucket begins empty: the moment at which Redis is lost is one at which every process misses, and a burst of each would
 * be the storm that the budget is there to prevent.
 */
export function createFleetBudget(options: FleetBudgetOptions): FleetBudget {
  const { store, clock } = options;
  const limits = budgetLimitsOf(options);
  const pauses = createPauses(clock);
  const local = createLocalShare(options);
  let silentUntil = Number.NEGATIVE_INFINITY;
  let isSilent = false;

  const ask = async (items: number, lane: Lane): Promise<StoreDraw | null> => {
    const restMs = silentUntil - clock.now();
    if (restMs > 0 && restMs <= BUDGET_REST_MS) return null;
    try {
      const drawn = await within(clock, BUDGET_TIMEOUT_MS, store.draw({ items, lane, limits }));
      isSilent = false;
      return drawn;
    } catch (error) {
      silentUntil = clock.now() + BUDGET_REST_MS;
      if (!isSilent) {
        isSilent = true;
        local.begin();
        options.onStoreSilent?.(error);
      }
      return null;
    }
  };
  return {
    pausedMs: (lane) => pauses.leftMs(lane),
    pause(retryAfterMs) {
      const pause = { userMs: retryAfterMs, backgroundMs: retryAfterMs * BACKGROUND_PAUSE_FACTOR };
      pauses.begin('user', pause.userMs);
      pauses.begin('background', pause.backgroundMs);
      // Without the store each process is told by upstream itself.
      void store.pause(pause).catch(() => undefined);
    },
    async draw(items, lane) {
      const leftMs = pauses.leftMs(lane);
      if (leftMs > 0) return new SourcePaused(leftMs);
      const drawn = await ask(items, lane);
      options.onDraw?.(drawn === null ? 'local' : 'fleet');
      const { outcome } = drawn ?? local.draw(items, lane);
      if (drawn?.outcome === 'paused') {
        pauses.begin(lane, drawn.leftMs);
        return new SourcePaused(drawn.leftMs);
      }
      if (outcome !== 'ok') return new SourceOverBudget(outcome === 'no-items' ? 'items' : 'requests');
      // A store that does not take it back leaves the fleet poorer for a moment, never richer.
      if (drawn !== null) return { giveBack: () => void store.giveBack({ items, limits }).catch(() => undefined) };
      return { giveBack: () => local.giveBack(items) };
    },
  };
}

function createPauses(clock: SourceClock) {
  const until: Record<Lane, number> = { user: Number.NEGATIVE_INFINITY, background: Number.NEGATIVE_INFINITY };
  const leftMs = (lane: Lane): number => {
    const ms = until[lane] - clock.now();
    return ms > 0 && ms <= PAUSE_MS_MAX ? ms : 0; // one that is longer began before this host's clock was set back
  };
  return {
    leftMs,
    begin(lane: Lane, ms: number): void {
      until[lane] = clock.now() + Math.max(leftMs(lane), ms);
      until.background = clock.now() + Math.max(leftMs('background'), leftMs('user')); // nobody goes before users
    },
  };
}

function createLocalShare({ localShare, clock, requestsPerS, itemsPerS, ...rest }: FleetBudgetOptions) {
  const limits = budgetLimitsOf({
    ...rest,
    requestsPerS: requestsPerS * localShare,
    itemsPerS: itemsPerS * localShare,
  });
  const isClosed = localShare === 0 && requestsPerS + itemsPerS > 0; // a rate of 0 would mean no limit
  let tokens: Tokens = { requests: 0, items: 0, filledAt: clock.now() };
  return {
    begin: (): void => void (tokens = { requests: 0, items: 0, filledAt: clock.now() }),
    giveBack: (items: number): void => void (tokens = returnTokens(tokens, { items, limits }, clock.now())),
    draw(items: number, lane: Lane): StoreDraw {
      if (isClosed) return { outcome: 'no-requests' };
      const drawn = drawTokens(tokens, { items, lane, limits }, clock.now());
      ({ tokens } = drawn);
      return { outcome: drawn.outcome };
    },
  };
}

/** After a time in which this process did nothing else its own timer is looked at before the answer that has come: the answer counts. */
async function within<T>(clock: SourceClock, limitMs: number, work: Promise<T>): Promise<T> {
  const { promise, reject } = Promise.withResolvers<never>();
  const timer = clock.after(limitMs, () => setImmediate(() => reject(new Error(`no answer within ${limitMs} ms`))));
  try {
    return await Promise.race([work, promise]);
  } finally {
    timer.cancel();
  }
}

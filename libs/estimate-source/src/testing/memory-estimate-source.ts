import type { Estimate } from '@porchlight/contracts';
import { SOURCE_ITEMS_MAX } from '../limits.ts';
import type { EstimateSource, SourceAnswer } from '../port.ts';
import { SourceUnavailable } from '../source-errors.ts';

/** An estimate source in memory that does what a test says, and remembers what it was asked. */
export interface MemoryEstimateSource extends EstimateSource {
  /** The ids of each call, in order: what a seller would bill. */
  readonly calls: readonly (readonly string[])[];
  set(propertyId: string, estimate: Estimate | null): void;
  /** Fails the next calls with these errors, in order; then answers again. */
  failNext(...errors: Error[]): void;
  /** Fails every call until `failAlways(null)`. */
  failAlways(error: Error | null): void;
  /** Keeps calls open until the returned function is called; calls end in their own time-out never, only by signal. */
  hold(): () => void;
  /** How many calls are open. */
  open(): number;
}

/** @param estimates what upstream knows; homes that are not in it are `missing` */
export function memoryEstimateSource(estimates: Readonly<Record<string, Estimate>> = {}): MemoryEstimateSource {
  const known = new Map<string, Estimate>(Object.entries(estimates));
  const calls: (readonly string[])[] = [];
  let planned: Error[] = [];
  let always: Error | null = null;
  let gate: Promise<void> | null = null;
  let open = 0;

  const answer = (propertyIds: readonly string[]): SourceAnswer => {
    const found = new Map<string, Estimate>();
    for (const id of propertyIds) {
      const estimate = known.get(id);
      if (estimate !== undefined) found.set(id, estimate);
    }
    return { estimates: found, missing: new Set(propertyIds.filter((id) => !known.has(id))) };
  };
  return {
    calls,
    open: () => open,
    set: (propertyId, estimate) =>
      void (estimate === null ? known.delete(propertyId) : known.set(propertyId, estimate)),
    failNext: (...errors) => (planned = [...planned, ...errors]),
    failAlways: (error) => (always = error),
    hold() {
      const { promise, resolve } = Promise.withResolvers<void>();
      gate = promise;
      return () => {
        gate = null;
        resolve();
      };
    },
    async fetch(propertyIds, { signal } = {}) {
      if (propertyIds.length < 1 || propertyIds.length > SOURCE_ITEMS_MAX) throw new RangeError('1..100 ids a call');
      calls.push([...propertyIds]);
      open += 1;
      try {
        if (gate !== null) await Promise.race([gate, aborted(signal)]);
        const error = planned.shift() ?? always;
        if (error !== null) throw error;
        return answer(propertyIds);
      } finally {
        open -= 1;
      }
    },
  };
}

function aborted(signal: AbortSignal | undefined): Promise<never> {
  const { promise, reject } = Promise.withResolvers<never>();
  signal?.addEventListener('abort', () => reject(new SourceUnavailable('the caller left')), { once: true });
  return promise;
}

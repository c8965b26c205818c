/** A paid call as the seller keeps it. */
export interface LoggedCall {
  /** When it came, and when it was billed: milliseconds UTC by the seller's clock. */
  readonly askedAt: number;
  readonly billedAt: number;
  /** The caller's `x-porchlight-lane`, as it came; null without one. */
  readonly lane: string | null;
  readonly propertyIds: readonly string[];
}

/** The last billed calls with what each asked for: who reads it can tell what a request of the meter was made for. */
export interface CallLog {
  /** Forgets the oldest call when there is no room. */
  note(call: LoggedCall): void;
  /** Oldest first; `forgotten` were billed too, and there was no room for them. */
  read(): { readonly calls: readonly LoggedCall[]; readonly forgotten: number };
  reset(): void;
}

/** @param callsMax calls that are kept, 0..; 0: none, nothing is counted as forgotten either */
export function createCallLog(callsMax: number): CallLog {
  let calls: LoggedCall[] = [];
  let forgotten = 0;
  return {
    note(call) {
      if (callsMax === 0) return;
      calls.push(call);
      // in one piece, so that a full log costs a copy for each half of it and not for each call
      if (calls.length < 2 * callsMax) return;
      forgotten += calls.length - callsMax;
      calls = calls.slice(-callsMax);
    },
    read() {
      const over = Math.max(0, calls.length - callsMax);
      return { calls: calls.slice(over), forgotten: forgotten + over };
    },
    reset() {
      calls = [];
      forgotten = 0;
    },
  };
}

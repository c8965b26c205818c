import type { ApiAnswer, CallObserver, PlannedCall } from '@porchlight/traffic';

/** The two ways in which the talk's products asked: one home, or the homes of a map. */
export type TalkKind = 'single' | 'multi';

export const TALK_KINDS = ['single', 'multi'] as const satisfies readonly TalkKind[];

/** One call that was planned, and what became of it. */
export interface SeenCall {
  readonly kind: TalkKind;
  readonly call: Exclude<PlannedCall, { readonly kind: 'density' }>;
  /** When it was meant to be sent, and when it ended: milliseconds UTC. */
  readonly meantAt: number;
  readonly endedAt: number;
  /** From the instant at which it was meant to be sent; of one without a whole answer at least the deadline. */
  readonly latencyMs: number;
  /** Homes that were still `pending` in the answer. */
  readonly pending: number;
  /** `refused`: answered, and not by 200. */
  readonly end: 'answered' | 'refused' | 'failed' | 'shed';
}

/**
 * Keeps every call for one home or a map; density has no estimates.
 *
 * A call without an answer never became complete: it stays in the quantiles, as one that took the whole deadline.
 */
export function createSeenCalls(
  deadlineMs: number,
  now: () => number = Date.now,
): { readonly calls: readonly SeenCall[]; readonly observer: CallObserver<ApiAnswer> } {
  const calls: SeenCall[] = [];
  const note = (call: PlannedCall, latencyMs: number, { end, pending }: Pick<SeenCall, 'end' | 'pending'>): void => {
    if (call.kind === 'density') return;
    const endedAt = now();
    calls.push({
      kind: call.kind === 'single' ? 'single' : 'multi',
      call,
      meantAt: endedAt - latencyMs,
      endedAt,
      latencyMs: end === 'answered' ? latencyMs : Math.max(latencyMs, deadlineMs),
      pending,
      end,
    });
  };
  return {
    calls,
    observer: {
      answered: (call, { httpStatus, statuses }, latencyMs) =>
        note(call, latencyMs, {
          end: httpStatus === 200 ? 'answered' : 'refused',
          pending: statuses['pending'] ?? 0,
        }),
      failed: (call, _error, latencyMs) => note(call, latencyMs, { end: 'failed', pending: 0 }),
      shed: (call) => note(call, 0, { end: 'shed', pending: 0 }),
    },
  };
}

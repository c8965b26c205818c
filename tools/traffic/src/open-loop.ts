import { performance } from 'node:perf_hooks';
import { setImmediate as turn, setTimeout as sleep } from 'node:timers/promises';
import type { PlannedCall } from './planned-call.ts';

/** Time as the driver sees it, milliseconds on a clock that never goes back; tests move their own. */
export interface Pace {
  now(): number;
  /** Returns at the instant, at once if it has passed, or when the signal is aborted. */
  waitUntil(atMs: number, signal: AbortSignal): Promise<void>;
}

export const realPace: Pace = {
  now: () => performance.now(),
  async waitUntil(atMs, signal) {
    const leftMs = atMs - performance.now();
    // a turn of the event loop at least: a driver that is behind must not keep answers from being read
    await (leftMs > 0 ? sleep(leftMs, undefined, { signal }) : turn()).catch(() => undefined);
    // timers know whole milliseconds: one that fires early would make the answer look as much faster
    while (performance.now() < atMs && !signal.aborted) await turn();
  },
};

/** What became of the calls; latencies count from the instant at which a call was meant to be sent. */
export interface CallObserver<Answer> {
  answered(call: PlannedCall, answer: Answer, latencyMs: number): void;
  failed(call: PlannedCall, error: unknown, latencyMs: number): void;
  /** Was not sent: too many were under way. */
  shed(call: PlannedCall): void;
}

export interface OpenLoopOptions<Answer> {
  send: (call: PlannedCall, signal: AbortSignal) => Promise<Answer>;
  observer: CallObserver<Answer>;
  /** Calls under way at once; one more is shed, since memory is bounded and arrivals do not wait. */
  inFlightMax: number;
  signal: AbortSignal;
  /** The instant of the plan at which the driver begins; calls planned before it are left out. 0 by default. */
  fromMs?: number;
  pace?: Pace;
}

/**
 * Sends each call of a plan when it is meant to be sent, whatever the answers do: a slow server gets no relief, as with
 * real viewers.
 *
 * @returns when every call that was sent has ended; after the signal no more are sent
 */
export async function driveOpenLoop<Answer>(
  plan: Iterable<PlannedCall>,
  options: OpenLoopOptions<Answer>,
): Promise<void> {
  const { send, observer, inFlightMax, signal, fromMs = 0, pace = realPace } = options;
  const startedAt = pace.now() - fromMs;
  const underWay = new Set<Promise<void>>();
  for (const call of plan) {
    if (call.atMs < fromMs) continue;
    const meantAt = startedAt + call.atMs;
    await pace.waitUntil(meantAt, signal);
    if (signal.aborted) break;
    if (underWay.size >= inFlightMax) {
      observer.shed(call);
      continue;
    }
    const ended: Promise<void> = send(call, signal)
      .then(
        (answer) => observer.answered(call, answer, pace.now() - meantAt),
        (error: unknown) => observer.failed(call, error, pace.now() - meantAt),
      )
      .finally(() => underWay.delete(ended));
    underWay.add(ended);
  }
  await Promise.all(underWay);
}

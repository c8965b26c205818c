import { performance } from 'node:perf_hooks';
import { createApiSender, type RawAnswer, type TokenOf } from './api-sender.adapter.ts';
import { createCallReport, type TrafficReport } from './call-report.ts';
import type { HomesIndex } from './homes-index.ts';
import { readAnswer, type ApiAnswer } from './api-answer.ts';
import { driveOpenLoop, type CallObserver } from './open-loop.ts';
import { planSessions } from './plan-sessions.ts';
import type { Workload } from './workload.ts';

export interface BrowseOptions {
  apiUrl: string;
  seed: number;
  workload: Workload;
  /** The homes that the API serves; `homesOfCity(generateCity(...))`. */
  homes: HomesIndex;
  tokenOf: TokenOf;
  /** Ends by itself at this instant of the plan, or only with the signal. */
  durationMs?: number;
  /** The instant of the plan at which it begins; calls planned before it are not sent. 0 by default. */
  fromMs?: number;
  signal?: AbortSignal;
  /** Called about once a `tickMs` with what was seen since the start. */
  onTick?: (report: TrafficReport) => void;
  tickMs?: number;
  inFlightMax?: number;
  /** How long answers may wait for what is not cached; by default the API decides. */
  deadlineMs?: number;
  /** Told what becomes of every call, those before `countFromMs` too. */
  observer?: CallObserver<ApiAnswer>;
  /** Calls planned before this are sent and not counted: they fill the cache. 0 by default. */
  countFromMs?: number;
}

/** One more call under way than this is shed: at 25 calls a second it means answers of ten seconds. */
const IN_FLIGHT_MAX = 256;
const TICK_MS = 1_000;

/** Passes on what becomes of the calls that are planned from an instant on. */
function countedFrom(fromMs: number, observer: CallObserver<ApiAnswer>): CallObserver<ApiAnswer> {
  return {
    answered: (call, answer, latencyMs) => void (call.atMs >= fromMs && observer.answered(call, answer, latencyMs)),
    failed: (call, error, latencyMs) => void (call.atMs >= fromMs && observer.failed(call, error, latencyMs)),
    shed: (call) => void (call.atMs >= fromMs && observer.shed(call)),
  };
}

/** Reads answers after their time was taken. */
const reading = (observer: CallObserver<ApiAnswer>): CallObserver<RawAnswer> => ({
  answered: (call, { httpStatus, text }, latencyMs) =>
    observer.answered(call, readAnswer(call.kind, httpStatus, text), latencyMs),
  failed: (...what) => observer.failed(...what),
  shed: (call) => observer.shed(call),
});

const both = (one: CallObserver<ApiAnswer>, other: CallObserver<ApiAnswer>): CallObserver<ApiAnswer> => ({
  answered: (...what) => [one, other].forEach((each) => each.answered(...what)),
  failed: (...what) => [one, other].forEach((each) => each.failed(...what)),
  shed: (...what) => [one, other].forEach((each) => each.shed(...what)),
});

/**
 * Browses the real API with a planned workload, open loop, until the plan's end or the signal.
 *
 * @returns what was seen; calls that the signal cut off count as failed
 */
export async function browse(options: BrowseOptions): Promise<TrafficReport> {
  const {
    apiUrl,
    seed,
    workload,
    homes,
    tokenOf,
    durationMs,
    onTick,
    inFlightMax = IN_FLIGHT_MAX,
    fromMs = 0,
  } = options;
  const signal = options.signal ?? new AbortController().signal;
  const plan = planSessions(seed, workload, homes, durationMs === undefined ? {} : { durationMs });
  const sender = createApiSender(apiUrl, { connections: inFlightMax, tokenOf, deadlineMs: options.deadlineMs });
  const report = createCallReport(() => performance.now());
  const ticking = onTick && setInterval(() => onTick(report.snapshot()), options.tickMs ?? TICK_MS);
  try {
    const counted = countedFrom(options.countFromMs ?? 0, report);
    const observer = reading(options.observer === undefined ? counted : both(counted, options.observer));
    await driveOpenLoop(plan, { send: (call, cut) => sender.send(call, cut), observer, inFlightMax, signal, fromMs });
    return report.snapshot();
  } finally {
    clearInterval(ticking);
    await sender.close();
  }
}

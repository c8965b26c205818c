import { build, type Histogram } from 'hdr-histogram-js';
import type { ApiAnswer } from './api-answer.ts';
import type { CallObserver } from './open-loop.ts';
import type { PlannedCall } from './planned-call.ts';

/** Answered calls of one kind; latencies from the intended start, milliseconds. */
export interface KindReport {
  planned: number;
  answered: number;
  failed: number;
  shed: number;
  p50Ms: number;
  p90Ms: number;
  p99Ms: number;
  maxMs: number;
  /** Answers by HTTP status. */
  httpStatuses: Record<string, number>;
  /** Homes by status: available, restricted, withheld, none, pending, unavailable, unknown. */
  statuses: Record<string, number>;
  /** Restricted homes by the role that would see them. */
  requiredRoles: Record<string, number>;
  /** Problem codes, and the errors of calls that had no answer. */
  problems: Record<string, number>;
  truncated: number;
}

export type CallKind = PlannedCall['kind'];

/** What a browsing run saw from the outside. Hits are not here: results do not tell, the API's metrics do. */
export interface TrafficReport {
  elapsedMs: number;
  sessions: number;
  map: KindReport;
  single: KindReport;
  density: KindReport;
}

const KINDS: readonly CallKind[] = ['map', 'single', 'density'];
const MICROSECONDS_A_MS = 1_000;

/** Latencies above a minute count as a minute: no call lives that long. */
const LATENCY_MS_MAX = 60_000;

class KindCounter {
  readonly report: KindReport = {
    planned: 0,
    answered: 0,
    failed: 0,
    shed: 0,
    p50Ms: 0,
    p90Ms: 0,
    p99Ms: 0,
    maxMs: 0,
    httpStatuses: {},
    statuses: {},
    requiredRoles: {},
    problems: {},
    truncated: 0,
  };
  readonly #latency: Histogram = build({
    lowestDiscernibleValue: 1,
    highestTrackableValue: LATENCY_MS_MAX * MICROSECONDS_A_MS,
    numberOfSignificantValueDigits: 3,
  });

  record(latencyMs: number): void {
    const within = Math.min(LATENCY_MS_MAX, Math.max(0, latencyMs));
    this.#latency.recordValue(Math.max(1, Math.round(within * MICROSECONDS_A_MS)));
  }

  snapshot(): KindReport {
    const at = (percentile: number): number => this.#latency.getValueAtPercentile(percentile) / MICROSECONDS_A_MS;
    const hasAny = this.#latency.totalCount > 0;
    const latencies = hasAny ? { p50Ms: at(50), p90Ms: at(90), p99Ms: at(99), maxMs: at(100) } : {};
    return structuredClone({ ...this.report, ...latencies });
  }
}

function addAll(into: Record<string, number>, counts: Record<string, number>): void {
  for (const [key, count] of Object.entries(counts)) into[key] = (into[key] ?? 0) + count;
}

/** The name under which a call without an answer is counted: a stable code, never a message, which may hold an address. */
const codeOf = (error: unknown): string => {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  return typeof code === 'string' ? code : error instanceof Error ? error.name : 'unknown-error';
};

/** Counts what became of the calls. */
export function createCallReport(nowMs: () => number): CallObserver<ApiAnswer> & { snapshot(): TrafficReport } {
  const startedAt = nowMs();
  const sessions = new Set<string>();
  const counters = new Map(KINDS.map((kind) => [kind, new KindCounter()]));
  const counterOf = ({ kind, sessionId }: PlannedCall): KindCounter => {
    sessions.add(sessionId);
    const counter = counters.get(kind);
    if (counter === undefined) throw new RangeError(`no calls of kind ${kind}`);
    counter.report.planned += 1;
    return counter;
  };
  const snapshotOf = (kind: CallKind): KindReport => (counters.get(kind) ?? new KindCounter()).snapshot();
  return {
    answered(call, answer, latencyMs) {
      const counter = counterOf(call);
      const { report } = counter;
      counter.record(latencyMs);
      report.answered += 1;
      addAll(report.httpStatuses, { [answer.httpStatus]: 1 });
      addAll(report.statuses, answer.statuses);
      addAll(report.requiredRoles, answer.requiredRoles);
      if (answer.problemCode !== undefined) addAll(report.problems, { [answer.problemCode]: 1 });
      if (answer.isTruncated) report.truncated += 1;
    },
    failed(call, error) {
      const { report } = counterOf(call);
      report.failed += 1;
      addAll(report.problems, { [codeOf(error)]: 1 });
    },
    shed(call) {
      counterOf(call).report.shed += 1;
    },
    snapshot: () => ({
      elapsedMs: nowMs() - startedAt,
      sessions: sessions.size,
      map: snapshotOf('map'),
      single: snapshotOf('single'),
      density: snapshotOf('density'),
    }),
  };
}

import type { Metrics } from '@porchlight/telemetry';

const MS_PER_SECOND = 1_000;
const LANES = ['user', 'background'] as const;
type Lane = (typeof LANES)[number];

const openness = { closed: 0, 'half-open': 0.5, open: 1 } as const;

/** What a source says of itself when it is asked. */
export interface UpstreamState {
  breakerState(): keyof typeof openness;
  pausedMs(lane: Lane): number;
  inFlight(): number;
  waiting(): number;
}

/** What a disciplined source counts, as metrics of the list. */
export function upstreamMeterOf(metrics: Metrics) {
  const durations = metrics.histogram('porchlight.upstream.duration');
  const refused = metrics.counter('porchlight.upstream.refused');
  const retries = metrics.counter('porchlight.upstream.retries');
  const draws = metrics.counter('porchlight.upstream.draws');
  const changes = metrics.counter('porchlight.upstream.breaker.changes');
  return {
    called: (outcome: string, lane: Lane, durationMs: number) =>
      durations.record(durationMs / MS_PER_SECOND, { lane, outcome }),
    refused: (code: string, lane: Lane) => refused.add(1, { lane, code }),
    failed: (verdict: string) => retries.add(1, { verdict }),
    drew: (from: 'fleet' | 'local') => draws.add(1, { from }),
    breakerChanged: (state: keyof typeof openness) => changes.add(1, { state }),
  };
}

/** @returns ends the gauges */
export function observeUpstream(metrics: Metrics, state: UpstreamState): () => void {
  const ends = [
    metrics.gauge('porchlight.upstream.breaker.open').observe(() => [{ value: openness[state.breakerState()] }]),
    metrics
      .gauge('porchlight.upstream.pause.left')
      .observe(() => LANES.map((lane) => ({ value: state.pausedMs(lane) / MS_PER_SECOND, attributes: { lane } }))),
    metrics.gauge('porchlight.upstream.in_flight').observe(() => [{ value: state.inFlight() }]),
    metrics.gauge('porchlight.upstream.waiting').observe(() => [{ value: state.waiting() }]),
  ];
  return () => ends.forEach((end) => end());
}

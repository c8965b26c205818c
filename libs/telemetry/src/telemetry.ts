import { AggregationTemporality, InstrumentType, MeterProvider, MetricReader } from '@opentelemetry/sdk-metrics';
import { createLogger, type LogDestination, type Logger, type LogLevel } from './logger.ts';
import { createMetrics, type Metrics } from './metrics.ts';
import { observeProcess } from './process-metrics.ts';
import type { StartTracing } from './tracing/load-tracing.ts';
import { noTracing, type Tracing } from './tracing/tracing.ts';
import { prometheusTextOf } from './prometheus-text.ts';

export interface TelemetryOptions {
  /** The app's name, as in its folder. */
  readonly app: string;
  readonly logLevel: LogLevel;
  /** Where log lines go; standard output if absent. */
  readonly destination?: LogDestination;
  /** What `loadTracing` gave. Absent: tracing is off. */
  readonly startTracing?: StartTracing;
}

export interface Telemetry {
  readonly log: Logger;
  readonly metrics: Metrics;
  readonly tracing: Tracing;
  /** @returns everything counted so far, in the text format of Prometheus */
  readonly render: () => Promise<string>;
  readonly stop: () => Promise<void>;
}

/** More label sets than this of one metric end in one series `otel_metric_overflow`: a mistake costs a series, not the server. */
export const SERIES_MAX = 500;

/** Reads when asked; nothing runs in between. */
class AskedReader extends MetricReader {
  protected override async onShutdown(): Promise<void> {}
  protected override async onForceFlush(): Promise<void> {}
}

function tracingOf({ app, startTracing }: TelemetryOptions, metrics: Metrics): Tracing {
  if (startTracing === undefined) return noTracing;
  const spans = metrics.counter('porchlight.tracing.spans');
  return startTracing({ service: app, count: (end, amount) => spans.add(amount, { end }) });
}

/** Logs, metrics and traces of one process. Nothing listens and nothing is global: two may stand in one process, as tests need. */
export function createTelemetry(options: TelemetryOptions): Telemetry {
  const reader = new AskedReader({
    // Cumulative, a gauge would repeat what a series said last for ever, also of a partition that is long gone.
    aggregationTemporalitySelector: (type) =>
      type === InstrumentType.OBSERVABLE_GAUGE ? AggregationTemporality.DELTA : AggregationTemporality.CUMULATIVE,
  });
  const provider = new MeterProvider({
    readers: [reader],
    views: [{ instrumentName: '*', aggregationCardinalityLimit: SERIES_MAX }],
  });
  const { metrics, read } = createMetrics(provider.getMeter('porchlight'), { seriesMax: SERIES_MAX, now: Date.now });
  const ownProcess = observeProcess(metrics);
  const tracing = tracingOf(options, metrics);
  return {
    log: createLogger({ ...options, ...(tracing.isOn ? { currentSpan: () => tracing.current() } : {}) }),
    metrics,
    tracing,
    async render() {
      ownProcess.read();
      const { resourceMetrics } = await reader.collect();
      return prometheusTextOf([...read(), ...resourceMetrics.scopeMetrics.flatMap((scope) => scope.metrics)]);
    },
    async stop() {
      ownProcess.stop();
      await tracing.stop();
      await provider.shutdown();
    },
  };
}

import { AggregationTemporality, InstrumentType, MeterProvider, MetricReader } from '@opentelemetry/sdk-metrics';
import { createLogger, type LogDestination, type Logger, type LogLevel } from './logger.ts';
import { createMetrics, type Metrics } from './metrics.ts';
import { observeProcess } from './process-metrics.ts';
import { prometheusTextOf } from './prometheus-text.ts';

export interface TelemetryOptions {
  /** The app's name, as in its folder. */
  readonly app: string;
  readonly logLevel: LogLevel;
  /** Where log lines go; standard output if absent. */
  readonly destination?: LogDestination;
}

export interface Telemetry {
  readonly log: Logger;
  readonly metrics: Metrics;
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

/** Logs and metrics of one process. Nothing listens and nothing is global: two may stand in one process, as tests need. */
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
  const metrics = createMetrics(provider.getMeter('porchlight'));
  const ownProcess = observeProcess(metrics);
  return {
    log: createLogger(options),
    metrics,
    async render() {
      ownProcess.read();
      const { resourceMetrics } = await reader.collect();
      return prometheusTextOf(resourceMetrics.scopeMetrics.flatMap((scope) => scope.metrics));
    },
    async stop() {
      ownProcess.stop();
      await provider.shutdown();
    },
  };
}

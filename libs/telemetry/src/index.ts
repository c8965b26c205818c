export { createTelemetry, type Telemetry, type TelemetryOptions } from './telemetry.ts';
export { createLogger, LOG_LEVELS, type LogDestination, type Logger, type LogLevel } from './logger.ts';
export { describeError, type DescribedError } from './describe-error.ts';
export { redact, REDACTED } from './redact.ts';
export {
  metricNames,
  type AttributesOf,
  type MetricKind,
  type MetricName,
  type MetricSpec,
  type NamesOf,
} from './metric-names.ts';
export type { Counter, Gauge, GaugeReading, Histogram, Metrics } from './metrics.ts';
export { prometheusNameOf } from './prometheus-name.ts';
export { parseMetrics, type MetricSample, type MetricsScrape } from './parse-metrics.ts';
export { describeMetrics } from './describe-metrics.ts';

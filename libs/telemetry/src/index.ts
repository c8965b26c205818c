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
export { describeSpans } from './tracing/describe-spans.ts';
export { loadTracing, type StartTracing, type TracingTarget } from './tracing/load-tracing.ts';
export { runAndEnd } from './tracing/run-and-end.ts';
export { spanNames, type SpanAttributes, type SpanName, type SpanSpec } from './tracing/span-names.ts';
export type { SpanEnd } from './tracing/span-queue.ts';
export { traceCalls, type CallSpan } from './tracing/trace-calls.ts';
export { LINKS_MAX, noSpan, noTracing, type OpenSpan, type SpanOrigin, type Tracing } from './tracing/tracing.ts';
export { mergedCallsOf, tracedCache, tracedCatalog, tracedSource, type MergedCalls } from './tracing/traced-ports.ts';

export { otlpSpanExporter, type OtlpTarget } from './otlp-exporter.ts';
export { spanQueueDefaults, type SpanEnd, type SpanQueueLimits } from './span-queue.ts';
export { startTracing, type TracingOptions } from './start-tracing.ts';

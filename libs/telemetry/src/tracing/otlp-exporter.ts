import type { SpanExporter } from '@opentelemetry/sdk-trace';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-proto';
import { spanQueueDefaults } from './span-queue.ts';

export interface OtlpTarget {
  /** A collector's address, as OTEL_EXPORTER_OTLP_ENDPOINT: `/v1/traces` is added. */
  readonly endpoint: string;
  /** Sent with each request, as a collector that asks for a key needs it. */
  readonly headers?: Readonly<Record<string, string>>;
  /** How long a request may take, its repeats included; default: as long as the queue waits for it. */
  readonly timeoutMs?: number;
}

const pathOf = (endpoint: string, path: string): string => `${endpoint.replace(/\/+$/, '')}/${path}`;

/** Spans to a collector, OTLP over HTTP in protobuf. One request at a time; the exporter's own repeats end with the queue's time-out. */
export const otlpSpanExporter = ({
  endpoint,
  headers = {},
  timeoutMs = spanQueueDefaults.exportMs,
}: OtlpTarget): SpanExporter =>
  new OTLPTraceExporter({
    url: pathOf(endpoint, 'v1/traces'),
    headers: { ...headers },
    timeoutMillis: timeoutMs,
    concurrencyLimit: 1,
  });

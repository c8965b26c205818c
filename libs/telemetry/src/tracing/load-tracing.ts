import type { OtlpTarget } from './otlp-exporter.ts';
import type { SpanEnd } from './span-queue.ts';
import type { Tracing } from './tracing.ts';

export interface TracingTarget extends OtlpTarget {
  /** Share of the traces that begin here which are noted, 0..1. */
  readonly sampleRatio: number;
}

/** Begins tracing for the process that it is told of. */
export type StartTracing = (about: { service: string; count: (end: SpanEnd, spans: number) => void }) => Tracing;

/** Tracing to a collector. The SDK and its exporter are read only here: a process that does not trace saves 24 MB and a tenth of a second. */
export async function loadTracing({ sampleRatio, ...target }: TracingTarget): Promise<StartTracing> {
  const { otlpSpanExporter, startTracing } = await import('./index.ts');
  return (about) => startTracing({ ...about, sampleRatio, exporter: otlpSpanExporter(target) });
}

import { AsyncLocalStorage } from 'node:async_hooks';
import {
  ROOT_CONTEXT,
  SpanKind,
  SpanStatusCode,
  trace,
  TraceFlags,
  type Span,
  type SpanContext,
  type Tracer,
} from '@opentelemetry/api';
import { resourceFromAttributes } from '@opentelemetry/resources';
import {
  ParentBasedSampler,
  TraceIdRatioBasedSampler,
  TracerProvider,
  type SpanExporter,
} from '@opentelemetry/sdk-trace';
import { errorTypeOf } from './error-type.ts';
import { runAndEnd } from './run-and-end.ts';
import { spanNames, type SpanKindName, type SpanName } from './span-names.ts';
import { SpanQueue, spanQueueDefaults, type SpanEnd, type SpanQueueLimits } from './span-queue.ts';
import { titleOf } from './span-title.ts';
import { contextOf, traceparentOf } from './traceparent.ts';
import { LINKS_MAX, type OpenSpan, type Tracing } from './tracing.ts';

export interface TracingOptions {
  /** The app's name, as in its folder: `service.name`. */
  readonly service: string;
  /** Where spans go. */
  readonly exporter: SpanExporter;
  /** Share of the traces that begin here which are noted, 0..1. A trace that began elsewhere is noted if it is there. */
  readonly sampleRatio: number;
  readonly limits?: Partial<SpanQueueLimits>;
  /** Told how spans ended, some at a time. */
  readonly count?: (end: SpanEnd, spans: number) => void;
}

const kinds: Record<SpanKindName, SpanKind> = {
  server: SpanKind.SERVER,
  client: SpanKind.CLIENT,
  producer: SpanKind.PRODUCER,
  consumer: SpanKind.CONSUMER,
  internal: SpanKind.INTERNAL,
};

/** Attributes of one span, and characters of one: every list here is short, so what is longer is a mistake. */
const ATTRIBUTES_MAX = 16;
const ATTRIBUTE_CHARACTERS_MAX = 120;

/** An SDK's span as Porchlight's own. */
class RecordedSpan implements OpenSpan {
  readonly traceparent: string;
  readonly #span: Span;
  readonly #active: AsyncLocalStorage<OpenSpan | undefined>;
  #links = 0;

  constructor(span: Span, active: AsyncLocalStorage<OpenSpan | undefined>) {
    this.#span = span;
    this.#active = active;
    this.traceparent = traceparentOf(span.spanContext());
  }

  get isRecorded(): boolean {
    return this.#span.isRecording();
  }

  get traceId(): string {
    return this.#span.spanContext().traceId;
  }

  get spanId(): string {
    return this.#span.spanContext().spanId;
  }

  run<T>(call: () => T): T {
    return this.#active.run(this, call);
  }

  link(traceparent: string): void {
    const context = contextOf(traceparent);
    if (context === undefined || this.#links >= LINKS_MAX) return;
    this.#links += 1;
    this.#span.addLink({ context });
  }

  set(attributes: Readonly<Record<string, string | number>>): void {
    this.#span.setAttributes(attributes);
  }

  end(failed?: unknown): void {
    if (failed !== undefined) {
      this.#span.setAttribute('error.type', errorTypeOf(failed));
      this.#span.setStatus({ code: SpanStatusCode.ERROR });
    }
    this.#span.end();
  }
}

/**
 * A span of a trace that was not chosen: it says so to the next process, and nothing else. What runs under it runs under no span: whoever called it may
 * be at work for a trace that was chosen, as a run loop is whose turn a recorded record has set off.
 */
const unchosen = (span: Span, active: AsyncLocalStorage<OpenSpan | undefined>): OpenSpan => {
  const { traceId, spanId } = span.spanContext();
  const nothing = (): void => undefined;
  return {
    ...{ isRecorded: false, traceId, spanId, traceparent: traceparentOf(span.spanContext()) },
    ...{ run: <T>(call: () => T): T => active.run(undefined, call), link: nothing, set: nothing, end: nothing },
  };
};

function providerOf({ service, sampleRatio }: TracingOptions, queue: SpanQueue): TracerProvider {
  return new TracerProvider({
    resource: resourceFromAttributes({ 'service.name': service, 'service.namespace': 'porchlight' }),
    sampler: new ParentBasedSampler({ root: new TraceIdRatioBasedSampler(sampleRatio) }),
    spanLimits: {
      attributeCountLimit: ATTRIBUTES_MAX,
      attributeValueLengthLimit: ATTRIBUTE_CHARACTERS_MAX,
      linkCountLimit: LINKS_MAX,
      eventCountLimit: 0,
    },
    spanProcessors: [queue],
  });
}

type Attributes = Readonly<Record<string, string | number>>;

const createBegin =
  (tracer: Tracer, active: AsyncLocalStorage<OpenSpan | undefined>) =>
  (name: SpanName, attributes: Attributes, parent: SpanContext | undefined): OpenSpan => {
    const context = parent === undefined ? ROOT_CONTEXT : trace.setSpanContext(ROOT_CONTEXT, parent);
    const kind = kinds[spanNames[name].kind];
    const span = tracer.startSpan(titleOf(name, attributes), { kind, attributes }, context);
    return span.isRecording() ? new RecordedSpan(span, active) : unchosen(span, active);
  };

/**
 * Tracing of one process. Nothing of it is global, so that several stand beside one another in a test.
 *
 * @param options  `sampleRatio` 0..1
 */
export function startTracing(options: TracingOptions): Tracing {
  const { exporter, limits = {}, count = () => undefined } = options;
  const queue = new SpanQueue(exporter, { ...spanQueueDefaults, ...limits }, count);
  const provider = providerOf(options, queue);
  const active = new AsyncLocalStorage<OpenSpan | undefined>();
  const begin = createBegin(provider.getTracer('porchlight'), active);
  return {
    isOn: true,
    begin(name, attributes, { parent, links = [] } = {}) {
      const span = begin(name, attributes as Attributes, contextOf(parent));
      for (const link of links) span.link(link);
      return span;
    },
    within(name, attributes, call) {
      const above = active.getStore();
      if (above === undefined) return call();
      const { traceId, spanId } = above;
      const parent = { traceId, spanId, traceFlags: TraceFlags.SAMPLED };
      return runAndEnd(begin(name, attributes as Attributes, parent), call);
    },
    current: () => active.getStore(),
    async stop() {
      await provider.shutdown().catch(() => undefined);
    },
  };
}

import type { SpanAttributes, SpanName } from './span-names.ts';

/** A span that has begun. None of its calls throws. */
export interface OpenSpan {
  /** False where the trace was not chosen: nothing is noted, and only `traceparent` says something. */
  readonly isRecorded: boolean;
  /** What the next process gets, W3C: it carries the choice too. */
  readonly traceparent: string;
  /** For logs: hexadecimal. */
  readonly traceId: string;
  readonly spanId: string;
  /** Runs the call, and whatever it awaits, under this span; under none if this one is not recorded. */
  run<T>(call: () => T): T;
  /** Says what another trace has to do with this span. @param traceparent  of the other; one that is none is passed over */
  link(traceparent: string): void;
  set(attributes: Readonly<Record<string, string | number>>): void;
  /** Once; later calls do nothing. @param failed  what went wrong: its code is noted, and nothing else of it */
  end(failed?: unknown): void;
}

/** Where a span stands. */
export interface SpanOrigin {
  /** The traceparent that came with the work. Absent, or none: a trace begins here, if it is chosen. */
  readonly parent?: string | undefined;
  /** Traceparents of others that this work is for; `LINKS_MAX` are kept. */
  readonly links?: readonly string[];
}

/** Where a process notes what took how long, for those traces that were chosen. Nothing of it throws, nothing is waited for. */
export interface Tracing {
  /** False: nothing is ever noted, and whoever hooks something in for it need not. */
  readonly isOn: boolean;
  /** Begins a span that stands in the trace of its parent, or begins a trace. */
  begin<N extends SpanName>(name: N, attributes: SpanAttributes<N>, origin?: SpanOrigin): OpenSpan;
  /** Runs the call in a span of its own below the one that it runs under; where there is none, it is the call and nothing else. */
  within<N extends SpanName, T>(name: N, attributes: SpanAttributes<N>, call: () => T): T;
  /** The recorded span that this code runs under. */
  current(): OpenSpan | undefined;
  /** Sends what waits, for `flushMs` of its queue at most. Never rejects. */
  stop(): Promise<void>;
}

/** Links of one span, as the conventions advise. */
export const LINKS_MAX = 128;

const nothing = (): void => undefined;

/** A span that notes nothing and has no trace. */
export const noSpan: OpenSpan = {
  isRecorded: false,
  traceparent: '',
  traceId: '',
  spanId: '',
  run: (call) => call(),
  link: nothing,
  set: nothing,
  end: nothing,
};

/** Tracing that is off: every call is its argument. */
export const noTracing: Tracing = {
  isOn: false,
  begin: () => noSpan,
  within: (_name, _attributes, call) => call(),
  current: () => undefined,
  stop: async () => undefined,
};

import type { TopicPartition } from './port.ts';
import type { MaybePromise } from './run-loop/maybe-promise.ts';

/** An output of a record whose trace is recorded, on its way to the log. */
export interface SentSpan {
  /** W3C: goes into the output's header of this name. */
  readonly traceparent: string;
  /** @param refused  why the log never acknowledged it; absent: it did */
  end(refused?: Error): void;
}

/** What the runtime tells of traces; the caller wires it to OpenTelemetry. Every function must be cheap and must not throw. */
export interface StreamTracing {
  /**
   * Runs all that is done for one record, its waits and retries included, as a part of the trace that its header names.
   *
   * @param traceparent  the record's header; undefined if it has none
   * @returns            what `settle` returns, as it is
   */
  process<T>(at: TopicPartition, traceparent: string | undefined, settle: () => MaybePromise<T>): MaybePromise<T>;
  /** An output of the record that this code runs under. @returns null where no trace is recorded: it carries its input's header */
  send(topic: string): SentSpan | null;
}

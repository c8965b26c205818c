import { StreamError } from '../errors.ts';
import type { Collector, RawRecord, Serde, Topic } from '../port.ts';
import type { StreamTracing } from '../tracing.ts';
import { headerBytesOf } from './check-record.ts';
import type { OutgoingRecord } from './output-batcher.ts';

/** The headers that carry a W3C trace; they go from an input to all its outputs. */
const TRACE_HEADERS = ['traceparent', 'tracestate'] as const;

/** @returns the trace headers of an input, to be put on each output */
export function traceHeadersOf(raw: RawRecord): Readonly<Record<string, Buffer>> {
  const carried: Record<string, Buffer> = {};
  for (const name of TRACE_HEADERS) {
    const value = raw.headers[name];
    if (value !== undefined) carried[name] = value;
  }
  return carried;
}

/** A record's fate must not hang on whether its trace was chosen: there is always room for the header of a span. */
const SPAN_HEADER_BYTES = 'traceparent'.length + '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01'.length;

/** Gathers the outputs of one record, or of one window. */
export class RecordCollector implements Collector {
  readonly outputs: OutgoingRecord[] = [];
  readonly drops: string[] = [];
  readonly #serde: Serde;
  readonly #headers: Readonly<Record<string, Buffer>>;
  readonly #recordBytesMax: number;
  readonly #tracing: StreamTracing | undefined;
  #open = true;

  constructor(
    serde: Serde,
    headers: Readonly<Record<string, Buffer>>,
    recordBytesMax: number,
    tracing?: StreamTracing,
  ) {
    this.#serde = serde;
    this.#headers = headers;
    this.#recordBytesMax = recordBytesMax;
    this.#tracing = tracing;
  }

  send<V>(topic: Topic<V>, key: string, value: V): void {
    this.#mustBeOpen();
    const output = { topic: topic.name, key: Buffer.from(key), value: this.#serde.encode(topic, value) };
    const headerBytes = headerBytesOf({ headers: this.#headers }) + SPAN_HEADER_BYTES;
    const bytes = output.key.length + output.value.length + headerBytes;
    // Refused here, where the input record is known: inside a shared produce request it would fail its neighbours for ever.
    if (bytes > this.#recordBytesMax) {
      const message = `an output for ${topic.name} has ${bytes} bytes, more than ${this.#recordBytesMax}`;
      throw new StreamError('OUTPUT_TOO_LARGE', 'park', message);
    }
    const span = this.#tracing?.send(topic.name) ?? null;
    const headers = span === null ? this.#headers : { ...this.#headers, traceparent: Buffer.from(span.traceparent) };
    this.outputs.push(span === null ? { ...output, headers } : { ...output, headers, span });
  }

  drop(reason: string): void {
    this.#mustBeOpen();
    this.drops.push(reason);
  }

  close(): void {
    this.#open = false;
  }

  #mustBeOpen(): void {
    if (this.#open) return;
    throw new StreamError(
      'COLLECTOR_CLOSED',
      'crash',
      'the collector was used after its record had ended: an await is missing in the task',
    );
  }
}

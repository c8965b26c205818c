import { StreamError } from '../errors.ts';
import type { Collector, RawRecord, Serde, Topic } from '../port.ts';
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

/** Gathers the outputs of one record, or of one window. */
export class RecordCollector implements Collector {
  readonly outputs: OutgoingRecord[] = [];
  readonly drops: string[] = [];
  readonly #serde: Serde;
  readonly #headers: Readonly<Record<string, Buffer>>;
  readonly #recordBytesMax: number;
  #open = true;

  constructor(serde: Serde, headers: Readonly<Record<string, Buffer>>, recordBytesMax: number) {
    this.#serde = serde;
    this.#headers = headers;
    this.#recordBytesMax = recordBytesMax;
  }

  send<V>(topic: Topic<V>, key: string, value: V): void {
    this.#mustBeOpen();
    const output = { topic: topic.name, key: Buffer.from(key), value: this.#serde.encode(topic, value) };
    const bytes = output.key.length + output.value.length + headerBytesOf({ headers: this.#headers });
    // Refused here, where the input record is known: inside a shared produce request it would fail its neighbours for ever.
    if (bytes > this.#recordBytesMax) {
      const message = `an output for ${topic.name} has ${bytes} bytes, more than ${this.#recordBytesMax}`;
      throw new StreamError('OUTPUT_TOO_LARGE', 'park', message);
    }
    this.outputs.push({ ...output, headers: this.#headers });
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

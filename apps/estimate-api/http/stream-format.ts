/** What happens in a stream: a home of a batch, a home on a map, the end, or an error after the first byte. */
export type StreamEvent = 'result' | 'home' | 'end' | 'problem';

/** One way to write a stream. */
export interface StreamFormat {
  readonly name: 'event-stream' | 'ndjson';
  readonly contentType: string;
  /** @param json one line: a result's stored bytes are copied as they are, and never hold a line break */
  readonly print: (event: StreamEvent, json: string) => string;
}

/**
 * The id of the last event of a stream. A browser's EventSource asks again when a stream has ended, and says the last id that it
 * has seen: whoever has seen the end is answered 204, which tells it to stop.
 */
export const END_ID = 'end';

/**
 * Server-sent events. No heartbeats: a stream ends with its deadline, long before any proxy thinks that it is dead.
 *
 * @source WHATWG HTML, 9.2 Server-sent events: fields of a line each, ended by an empty line. The event is not called `error`:
 *         a browser would hand it to the same listeners as a lost connection.
 */
export const eventStream: StreamFormat = {
  name: 'event-stream',
  contentType: 'text/event-stream',
  print: (event, json) => `event: ${event}\n${event === 'end' ? `id: ${END_ID}\n` : ''}data: ${json}\n\n`,
};

/** A JSON document a line, of which the only key says what it is. */
export const ndjson: StreamFormat = {
  name: 'ndjson',
  contentType: 'application/x-ndjson',
  print: (event, json) => `{"${event}":${json}}\n`,
};

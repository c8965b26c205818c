import { request, type IncomingHttpHeaders, type IncomingMessage } from 'node:http';
import { createParser } from 'eventsource-parser';
import { eventually } from './eventually.ts';

/** One event as a client has it. */
export interface SeenEvent {
  readonly event: string;
  /** The JSON as it came, byte for byte. */
  readonly data: string;
  readonly id?: string;
}

export const EVENT_STREAM = 'text/event-stream';
export const NDJSON = 'application/x-ndjson';

/** What is asked for as a stream. */
export interface StreamCall {
  readonly port: number;
  readonly path: string;
  readonly accept: string;
  /** With it the call is a POST. */
  readonly body?: object;
  readonly headers?: Readonly<Record<string, string>>;
}

/** A stream as its client sees it. */
export interface SeenStream {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  /** Those that have come so far. */
  readonly events: readonly SeenEvent[];
  /** Everything that came, as text. */
  text(): string;
  /** Resolves when so many have come. */
  comes(count: number): Promise<void>;
  /** Resolves when the server has ended or cut it. @returns whether it came to an end, as HTTP has it */
  ended(): Promise<boolean>;
  /** Goes away in the middle. */
  readonly leave: () => void;
  /** Reads no more. */
  stall(): void;
  readOn(): void;
}

/** Asks for an answer as a stream, on a connection of its own. Resolves with its head. */
export const openStream = (call: StreamCall): Promise<SeenStream> => askForStream(call).answered;

/** A stream that was asked for. */
export interface AskedStream {
  /** Rejects if the client goes before there is a head. */
  readonly answered: Promise<SeenStream>;
  /** Resolves when the question is on its way. */
  readonly sent: Promise<void>;
  readonly leave: () => void;
}

/** The same, for a client that may go before there is a head. */
export function askForStream(call: StreamCall): AskedStream {
  const { port, path, accept, body, headers = {} } = call;
  const outgoing = request({
    host: '127.0.0.1',
    port,
    path,
    agent: false,
    method: body === undefined ? 'GET' : 'POST',
    headers: { ...headers, accept, ...(body !== undefined && { 'content-type': 'application/json' }) },
  });
  const answered = new Promise<IncomingMessage>((resolve, reject) => {
    outgoing.once('response', resolve);
    outgoing.once('error', reject);
  });
  outgoing.on('error', () => undefined); // seen by `answered`, or by the end of the stream
  outgoing.end(body === undefined ? undefined : JSON.stringify(body));
  const sent = new Promise<void>((resolve) => void outgoing.once('finish', resolve));
  const leave = (): void => void outgoing.destroy();
  return { answered: answered.then((response) => seenStream(response, leave)), sent, leave };
}

function seenStream(response: IncomingMessage, leave: () => void): SeenStream {
  const events: SeenEvent[] = [];
  let text = '';
  response.on('error', () => undefined); // seen by its end
  const isEventStream = response.headers['content-type'] === EVENT_STREAM;
  const feed = isEventStream ? eventStreamParser(events) : ndjsonParser(events);
  response.setEncoding('utf8').on('data', (chunk: string) => {
    text += chunk;
    feed(chunk);
  });
  const closed = new Promise<boolean>((resolve) => void response.once('close', () => resolve(response.complete)));
  return {
    status: response.statusCode ?? 0,
    headers: response.headers,
    events,
    text: () => text,
    comes: (count) => eventually(`event ${count} of a stream`, () => events.length >= count),
    ended: () => closed,
    leave,
    stall: () => void response.pause(),
    readOn: () => void response.resume(),
  };
}

function eventStreamParser(events: SeenEvent[]): (chunk: string) => void {
  const parser = createParser({
    onEvent: ({ event = '', data, id }) => void events.push({ event, data, ...(id !== undefined && { id }) }),
    onError(error) {
      throw error;
    },
  });
  return (chunk) => parser.feed(chunk);
}

/** @throws if a line is not an object of one key */
function ndjsonParser(events: SeenEvent[]): (chunk: string) => void {
  let rest = '';
  return (chunk) => {
    const lines = `${rest}${chunk}`.split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) {
      const [event, ...more] = Object.keys(JSON.parse(line) as object);
      if (event === undefined || more.length > 0) throw new Error(`not one key: ${line}`);
      events.push({ event, data: line.slice(`{"${event}":`.length, -1) });
    }
  };
}

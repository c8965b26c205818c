import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A span as it came over the wire. */
export interface ReceivedSpan {
  readonly service: string;
  readonly name: string;
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId: string;
  readonly attributes: Readonly<Record<string, string | number>>;
}

interface Field {
  readonly number: number;
  readonly value: bigint | Buffer;
}

const VARINT = 0;
const FIXED_64 = 1;
const BYTES = 2;
const FIXED_32 = 5;

/** The fields of one protobuf message. @throws for bytes that are none */
function fieldsOf(bytes: Buffer): Field[] {
  const fields: Field[] = [];
  let at = 0;
  const take = (count: number): Buffer => {
    if (at + count > bytes.length) throw new RangeError('a field ends beyond its message');
    at += count;
    return bytes.subarray(at - count, at);
  };
  const varint = (): bigint => {
    let value = 0n;
    for (let shift = 0n; ; shift += 7n) {
      const byte = BigInt(take(1)[0] ?? 0);
      value |= (byte & 0x7fn) << shift;
      if (byte < 0x80n) return value;
    }
  };
  const valueOf = (wire: number): bigint | Buffer => {
    if (wire === VARINT) return varint();
    if (wire === FIXED_64) return take(8).readBigUInt64LE();
    if (wire === BYTES) return take(Number(varint()));
    if (wire === FIXED_32) return BigInt(take(4).readUInt32LE());
    throw new RangeError(`no wire type ${wire}`);
  };
  while (at < bytes.length) {
    const tag = Number(varint());
    fields.push({ number: tag >> 3, value: valueOf(tag & 7) });
  }
  return fields;
}

const messagesOf = (bytes: Buffer, number: number): Buffer[] =>
  fieldsOf(bytes).flatMap((field) => (field.number === number && Buffer.isBuffer(field.value) ? [field.value] : []));
const textOf = (bytes: Buffer, number: number): string => messagesOf(bytes, number)[0]?.toString() ?? '';

/** KeyValue { key = 1; value = 2: AnyValue { string_value = 1, int_value = 3 } } */
function attributesOf(messages: readonly Buffer[]): Record<string, string | number> {
  return Object.fromEntries(
    messages.map((pair) => {
      const [value] = messagesOf(pair, 2).flatMap(fieldsOf);
      return [textOf(pair, 1), Buffer.isBuffer(value?.value) ? value.value.toString() : Number(value?.value)];
    }),
  );
}

/** ExportTraceServiceRequest { resource_spans = 1 { resource = 1 { attributes = 1 }, scope_spans = 2 { spans = 2 } } } */
function spansOf(request: Buffer): ReceivedSpan[] {
  return messagesOf(request, 1).flatMap((resourceSpans) => {
    const resource = attributesOf(messagesOf(resourceSpans, 1).flatMap((each) => messagesOf(each, 1)));
    return messagesOf(resourceSpans, 2)
      .flatMap((scope) => messagesOf(scope, 2))
      .map((span) => ({
        service: String(resource['service.name']),
        name: textOf(span, 5),
        traceId: messagesOf(span, 1)[0]?.toString('hex') ?? '',
        spanId: messagesOf(span, 2)[0]?.toString('hex') ?? '',
        parentSpanId: messagesOf(span, 4)[0]?.toString('hex') ?? '',
        attributes: attributesOf(messagesOf(span, 9)),
      }));
  });
}

async function bodyOf(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

/**
 * A collector: takes OTLP over HTTP in protobuf, and refuses what it cannot read.
 *
 * @param how  `hangs`: takes requests and never answers; `refuses`: answers 503
 */
export async function startOtlpReceiver(how: 'takes' | 'hangs' | 'refuses' = 'takes') {
  const spans: ReceivedSpan[] = [];
  const headers: IncomingMessage['headers'][] = [];
  const server = createServer((request, response) => {
    void bodyOf(request).then((body) => {
      headers.push(request.headers);
      if (how === 'hangs') return;
      if (how === 'refuses') return response.writeHead(503).end();
      const isTraces = request.url === '/v1/traces' && request.headers['content-type'] === 'application/x-protobuf';
      if (!isTraces) return response.writeHead(415).end();
      try {
        spans.push(...spansOf(body));
        return response.writeHead(200, { 'content-type': 'application/x-protobuf' }).end();
      } catch {
        return response.writeHead(400).end();
      }
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    endpoint: `http://127.0.0.1:${port}`,
    spans,
    headers,
    close: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

import { BODY_BYTES_MAX, HEADER_BYTES_MAX } from './limits.ts';

/** A request of /v1 of which nothing needs a parser: one head with a plain length, at the beginning of what was read. */
export interface PlainRequest {
  readonly method: string;
  readonly url: string;
  /** Of the head and the body; more than was read: the rest of the body is still to come. */
  readonly bytes: number;
  readonly requestId: string | undefined;
  readonly origin: string | undefined;
}

const HEAD_END = '\r\n\r\n';
const FIRST_LINE = /^(GET|POST) (\/v1\/[!-~]*) HTTP\/1\.1\r\n/;
/** Names as RFC 9110 has them and values without control characters: no folded lines, no bare line ends, no space before a colon. */
const FIELDS = /^(?:[!#$%&'*+.^_`|~\dA-Za-z-]+:[\t -~\x80-\xFF]*\r\n)*$/;
/** Each changes where a message ends, or what its sender waits for. */
const NOT_PLAIN = /\r\n(?:transfer-encoding|te|trailer|expect|upgrade|connection:(?!\s?keep-alive\r\n))/i;
const LENGTH = /\r\ncontent-length:/gi;
const LENGTH_DIGITS = /\r\ncontent-length: ?(\d{1,6})\r\n/i;
const REQUEST_ID = /\r\nx-request-id: ?([^\r]*)\r\n/i;
const ORIGIN = /\r\norigin: ?([^\r]*)\r\n/i;

/**
 * Reads the head of a request that is plain: of which every server and proxy says that it ends in the same place.
 *
 * @param chunk  bytes that begin where a request does
 * @returns null: not plain, or its head is not whole. Let the parser decide, which is strict
 */
export function plainRequestIn(chunk: Buffer): PlainRequest | null {
  const headEnd = chunk.indexOf(HEAD_END);
  if (headEnd < 0 || headEnd > HEADER_BYTES_MAX) return null;
  const head = chunk.toString('latin1', 0, headEnd + 2);
  const [line, method = '', url = ''] = FIRST_LINE.exec(head) ?? [];
  if (line === undefined || NOT_PLAIN.test(head) || !FIELDS.test(head.slice(line.length))) return null;
  const lengths = head.match(LENGTH)?.length ?? 0;
  const bodyBytes = lengths === 0 ? 0 : Number(LENGTH_DIGITS.exec(head)?.[1] ?? Number.NaN);
  if (lengths > 1 || !(bodyBytes <= BODY_BYTES_MAX)) return null;
  const bytes = headEnd + HEAD_END.length + bodyBytes;
  if (chunk.length > bytes) return null; // more than one: their answers have an order
  return { method, url, bytes, requestId: REQUEST_ID.exec(head)?.[1], origin: ORIGIN.exec(head)?.[1] };
}

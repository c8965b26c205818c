import { connect, type Socket } from 'node:net';

/** An answer as it came over the wire. */
export interface RawAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  /** Its last chunk is missing: the connection ended before the answer did. */
  readonly isCut?: boolean;
}

/** How long nothing may come before a connection counts as one that hangs. */
export const HANG_MS = 15_000;

/** Resolves when a socket has closed, also after an error: `once` of node:events would reject then, whoever else listens. */
export const closeOf = (socket: Socket): Promise<void> =>
  new Promise((resolve) => void socket.once('close', () => resolve()));

/**
 * Sends bytes on a connection of their own, then ends it as a client that has said everything.
 *
 * @returns all that came back until the server closed
 * @throws if nothing moves for HANG_MS
 */
export async function sendBytes(port: number, bytes: Buffer): Promise<Buffer> {
  const socket = connect(port, '127.0.0.1');
  const chunks: Buffer[] = [];
  let hangs = false;
  socket.on('data', (chunk) => chunks.push(chunk));
  socket.on('error', () => undefined); // a reset is an answer too: no
  socket.setTimeout(HANG_MS, () => {
    hangs = true;
    socket.destroy();
  });
  const closed = closeOf(socket);
  socket.end(bytes);
  await closed;
  if (hangs) throw new Error(`nothing moved for ${HANG_MS} ms`);
  return Buffer.concat(chunks);
}

/**
 * Takes apart what came back, answer by answer, as a client would.
 *
 * @param isHead of the first answer: it has a length and no body, unless it refuses what could not be read so far
 * @throws if it is not HTTP
 */
export function answersIn(bytes: Buffer, isHead: boolean): RawAnswer[] {
  const answers: RawAnswer[] = [];
  let rest = bytes;
  while (rest.length > 0) {
    const headEnd = rest.indexOf('\r\n\r\n');
    if (headEnd < 0) throw new Error(`half an answer: ${rest.toString('latin1').slice(0, 200)}`);
    const [line = '', ...fields] = rest.subarray(0, headEnd).toString('latin1').split('\r\n');
    const status = Number(/^HTTP\/1\.1 (\d{3})/.exec(line)?.[1]);
    if (!(status >= 100)) throw new Error(`not an answer: ${line}`);
    const headers = Object.fromEntries(
      fields.map((field) => [
        field.slice(0, field.indexOf(':')).toLowerCase(),
        field.slice(field.indexOf(':') + 1).trim(),
      ]),
    );
    const bodyAt = headEnd + 4;
    const isBodiless = isHead && answers.length === 0 && rest[bodyAt] !== '{'.charCodeAt(0);
    const hasBody = !isBodiless && status >= 200 && status !== 204;
    if (hasBody && headers['transfer-encoding'] === 'chunked') {
      const { body, isCut, endAt } = chunksFrom(rest, bodyAt);
      answers.push({ status, headers, body, isCut });
      rest = rest.subarray(endAt);
      continue;
    }
    const length = hasBody ? Number(headers['content-length'] ?? 0) : 0;
    answers.push({ status, headers, body: rest.subarray(bodyAt, bodyAt + length).toString() });
    rest = rest.subarray(bodyAt + length);
  }
  return answers;
}

const LINE_END = '\r\n';

/** Puts the chunks of a body together (RFC 9112, 7.1). @throws if a chunk has no size */
function chunksFrom(bytes: Buffer, bodyAt: number): { body: string; isCut: boolean; endAt: number } {
  const parts: Buffer[] = [];
  for (let at = bodyAt; ;) {
    const lineEnd = bytes.indexOf(LINE_END, at);
    const cut = { body: Buffer.concat(parts).toString(), isCut: true, endAt: bytes.length };
    if (lineEnd < 0) return cut;
    const size = Number.parseInt(bytes.toString('latin1', at, lineEnd), 16);
    if (!(size >= 0)) throw new Error('a chunk without a size');
    const from = lineEnd + LINE_END.length;
    at = from + size + LINE_END.length;
    if (at > bytes.length) return cut;
    parts.push(bytes.subarray(from, from + size));
    if (size === 0) return { ...cut, isCut: false, endAt: at };
  }
}

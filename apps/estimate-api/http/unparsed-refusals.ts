import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { REQUEST_TIMEOUT_MS } from './limits.ts';
import { plainRequestIn, type PlainRequest } from './plain-request.ts';

/** Who decides about calls that nobody has parsed. */
export interface Doorkeeper {
  /** Whether a call that came now would be refused; it is then counted as refused. */
  turnsAway(): boolean;
  /** A whole answer. */
  refusalOf(request: PlainRequest): string;
  /** Milliseconds that never go back. */
  now(): number;
}

/** Connections on which somebody was refused. */
export interface UnparsedRefusals {
  /** A request was refused: from now on its connection is read here first. */
  watch(request: IncomingMessage, response: ServerResponse): void;
  /** A request has come out of the parser. */
  parsed(request: IncomingMessage, response: ServerResponse): void;
}

type Read = (chunk: Buffer) => void;

/**
 * Refuses calls before they are parsed, on connections on which one was refused before: to make a request and a response of bytes
 * costs more than all the rest of a refusal.
 *
 * A refusal must never be the answer to something else, so it is given only where it is certain that a request begins and ends:
 * the parser has made exactly one request of the last bytes that it was given, has nothing left of them, and owes no answer;
 * and what comes is plain. All else is the parser's, and a connection that sends anything which is not plain is from then on its alone.
 */
export function createUnparsedRefusals(keeper: Doorkeeper): UnparsedRefusals {
  const watched = new WeakMap<Socket, ReturnType<typeof readFirst>>();
  return {
    watch(request, response) {
      const { socket } = request;
      if (watched.has(socket) || socket.destroyed) return;
      const reader = readFirst(socket, request, keeper);
      watched.set(socket, reader);
      reader.owe(response);
    },
    parsed(request, response) {
      watched.get(request.socket)?.parsed(request, response);
    },
  };
}

/** Stands between a connection and its parser. */
function standBefore(socket: Socket) {
  const parsers = socket.listeners('data') as Read[];
  const take = (read: Read): void => {
    socket.removeAllListeners('data');
    socket.on('data', read);
  };
  const feed: Read = (chunk) => {
    for (const parse of parsers) parse.call(socket, chunk);
  };
  const giveBack = (read: Read): void => {
    socket.removeListener('data', read);
    for (const parse of parsers) socket.on('data', parse);
  };
  return { take, feed, giveBack };
}

/** Reads a connection before its parser does. @param refused  the request that is being refused: the last that the parser has begun with */
function readFirst(socket: Socket, refused: IncomingMessage, keeper: Doorkeeper) {
  const { take, feed, giveBack } = standBefore(socket);
  let owed = 0;
  let isCertain = false;
  /** Until it is certain; then nothing more is kept of a request. */
  let last: IncomingMessage | undefined = refused;
  /** Of a body that is still to come, and whether anybody reads it. */
  let left = 0;
  let isSkipped = false;
  let skippedUntilMs = 0;
  let made: IncomingMessage[] | null = null; // while the parser is looked at: a connection lives long

  const letGo = (): void => {
    last = undefined;
    giveBack(read);
  };
  const readBody: Read = (chunk) => {
    // Node does so where it reads itself.
    if (isSkipped && keeper.now() >= skippedUntilMs) return void socket.destroy();
    const isTooLong = chunk.length > left;
    if (isTooLong) letGo();
    if (!isSkipped) feed(chunk);
    else if (isTooLong) feed(chunk.subarray(left));
    left -= chunk.length;
  };
  /** Gives the parser one plain request, and looks whether it has made of it what it is: else it was in the middle of another. */
  const letIn = (chunk: Buffer, { method, url }: PlainRequest): void => {
    const all: IncomingMessage[] = (made = []);
    isSkipped = false;
    feed(chunk);
    const [only] = all;
    isCertain = all.length === 1 && only?.method === method && only.url === url && only.complete === (left === 0);
    made = null;
    last = undefined;
    if (!isCertain) letGo();
  };
  const read: Read = (chunk) => {
    if (left > 0) return readBody(chunk);
    if (last?.complete === false) return feed(chunk);
    const plain = plainRequestIn(chunk);
    if (plain === null) {
      letGo();
      return feed(chunk);
    }
    left = plain.bytes - chunk.length;
    // Who does not read its answers is the parser's, which then stops reading too.
    const mayRefuse = isCertain && owed === 0 && socket.writable && socket.writableLength === 0;
    if (!mayRefuse || !keeper.turnsAway()) return letIn(chunk, plain);
    isSkipped = true;
    skippedUntilMs = keeper.now() + REQUEST_TIMEOUT_MS;
    socket.write(keeper.refusalOf(plain), 'latin1');
  };
  const owe = (response: ServerResponse): void => {
    owed += 1;
    response.once('close', () => void (owed -= 1));
  };
  const parsed = (request: IncomingMessage, response: ServerResponse): void => {
    if (last !== undefined) last = request;
    made?.push(request);
    owe(response);
  };
  take(read);
  return { owe, parsed };
}

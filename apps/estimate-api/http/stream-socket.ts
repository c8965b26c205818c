import type { FastifyReply, FastifyRequest } from 'fastify';
import { whenGone } from './when-gone.ts';

/** The answer of a stream as it goes out. */
export interface StreamSocket {
  /** Puts a chunk into the queue, with the head before the first. Resolves when the system has taken it, or the client has gone. */
  write(chunk: string): Promise<void>;
  /** The last chunk. Resolves when the system has taken all, or the client has gone. */
  end(chunk: string): Promise<void>;
  /** Resolves when onNews was called since the last time, or the client has gone. */
  news(): Promise<void>;
  readonly onNews: () => void;
  /** Ends the connection in the middle. */
  cut(): void;
  /** Nothing more is written, nor waited for. */
  readonly release: () => void;
  hasBegun(): boolean;
  hasFinished(): boolean;
  isGone(): boolean;
  wasCut(): boolean;
  /** From the arrival of the call to the first chunk; null: there was none. */
  firstByteMs(): number | null;
}

/**
 * Takes an answer out of the framework's hands when its first chunk is written, and not before: until then what goes wrong can
 * still be answered with a problem document. Every wait also ends with the connection: a peer that is gone never drains.
 */
export function createStreamSocket(request: FastifyRequest, reply: FastifyReply, contentType: string): StreamSocket {
  const { raw } = reply;
  let isGone = raw.closed || request.socket.destroyed;
  let wasCut = false;
  let hasNews = false;
  let firstByteMs: number | null = null;
  let ring: () => void = () => undefined;
  const { promise: closed, resolve: close } = Promise.withResolvers<void>();
  const forget = whenGone(request.socket, () => {
    isGone = true;
    close();
    ring();
  });
  raw.on('error', () => undefined); // told by its close
  const begin = (): void => {
    if (firstByteMs !== null) return;
    firstByteMs = reply.elapsedTime;
    request.isStream = true;
    reply.header('content-type', contentType).header('x-accel-buffering', 'no');
    reply.hijack();
    const fields = Object.entries(reply.getHeaders()).filter(([, value]) => value !== undefined);
    raw.writeHead(200, Object.fromEntries(fields) as Record<string, string | number | string[]>);
  };
  const passed = (send: (taken: () => void) => void): Promise<void> => {
    if (isGone) return Promise.resolve();
    begin();
    return Promise.race([closed, new Promise<void>((resolve) => send(resolve))]);
  };
  return {
    write: (chunk) => passed((taken) => void raw.write(chunk, 'utf8', () => taken())),
    end: (chunk) => passed((taken) => void raw.end(chunk, 'utf8', taken)),
    async news() {
      if (!hasNews && !isGone) await new Promise<void>((resolve) => void (ring = resolve));
      hasNews = false;
    },
    onNews: () => {
      hasNews = true;
      ring();
    },
    cut() {
      wasCut = true;
      request.socket.destroy(); // and not this answer alone: one that waits for its turn has no connection yet
    },
    release: forget,
    hasBegun: () => firstByteMs !== null,
    hasFinished: () => raw.writableFinished,
    isGone: () => isGone,
    wasCut: () => wasCut,
    firstByteMs: () => firstByteMs,
  };
}

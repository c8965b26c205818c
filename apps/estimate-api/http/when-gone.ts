import type { Socket } from 'node:net';

const waiting = new WeakMap<Socket, Set<() => void>>();

/**
 * Calls back when a connection closes. The answers of a connection do not say so themselves: one that waits for its turn behind
 * others is not told. One listener a connection, however many answers.
 *
 * @returns forgets the call
 */
export function whenGone(socket: Socket, call: () => void): () => void {
  let calls = waiting.get(socket);
  if (calls === undefined) {
    calls = new Set();
    waiting.set(socket, calls);
    socket.once('close', () => waiting.get(socket)?.forEach((each) => each()));
  }
  calls.add(call);
  return () => void calls.delete(call);
}

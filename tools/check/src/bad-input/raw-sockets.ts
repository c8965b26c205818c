import { connect, type Socket } from 'node:net';

/** How many connections are being opened at once: the server's queue of those that it has not accepted yet is 511 long. */
const OPENING_MAX = 250;

/** What one hostile client has seen so far. */
export interface HostileSocket {
  readonly socket: Socket;
  /** The status of the first answer; null if there was none. */
  readonly status: () => number | null;
  readonly isClosed: () => boolean;
}

async function openOne(port: number, sent: string | Buffer): Promise<HostileSocket> {
  const socket = connect(port, '127.0.0.1');
  let head = '';
  let isClosed = false;
  socket.on('data', (chunk: Buffer) => {
    if (head.length < 100) head += chunk.toString('latin1', 0, 100);
  });
  socket.on('close', () => (isClosed = true));
  await new Promise<void>((resolve) => {
    socket.once('connect', () => resolve());
    socket.on('error', () => resolve()); // a reset is an answer too
  });
  if (sent.length > 0) socket.write(sent);
  return {
    socket,
    status: () => (head.startsWith('HTTP/1.1 ') ? Number(head.slice(9, 12)) : null),
    isClosed: () => isClosed,
  };
}

/** Opens connections, a few hundred at a time, each saying the same first thing. */
export async function openSockets(port: number, count: number, sent: string | Buffer = ''): Promise<HostileSocket[]> {
  const all: HostileSocket[] = [];
  while (all.length < count) {
    const next = Math.min(OPENING_MAX, count - all.length);
    all.push(...(await Promise.all(Array.from({ length: next }, () => openOne(port, sent)))));
  }
  return all;
}

/** How many got which status: `408: 1990, none: 10`. */
export function statusesOf(sockets: readonly HostileSocket[]): Readonly<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (const { status } of sockets) {
    const name = String(status() ?? 'none');
    counts[name] = (counts[name] ?? 0) + 1;
  }
  return counts;
}

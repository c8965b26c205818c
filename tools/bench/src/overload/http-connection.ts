import { connect, type Socket } from 'node:net';

const NOTHING = Buffer.alloc(0);
const HEAD_END = '\r\n\r\n';

/** How an answer ended: its status, and how many homes it left pending; status 0: the connection broke before it was whole. */
export interface Ended {
  readonly status: number;
  readonly pending: number;
}

/** One kept connection that asks one thing at a time. As bare as can be: the load must cost less than what it asks for. */
export interface HttpConnection {
  /** @param bytes a whole request @param onEnd called once */
  ask(bytes: Buffer, onEnd: (ended: Ended) => void): void;
  /** Hangs up; whoever waits for an answer is told status 0. */
  hangUp(): void;
}

const numberAfter = (text: string, name: string): number => {
  const at = text.indexOf(name);
  return at < 0 ? 0 : Number.parseInt(text.slice(at + name.length), 10);
};

/** Takes answers apart as they come. Each has a content-length: ours always do. */
export function createAnswerReader(onEnd: (ended: Ended & { readonly closes: boolean }) => void) {
  let head: Buffer = NOTHING;
  let tail: Buffer = NOTHING;
  let left = 0;
  let status = 0;
  let closes = false;
  const readHead = (chunk: Buffer): Buffer => {
    head = head.length === 0 ? chunk : Buffer.concat([head, chunk]);
    const end = head.indexOf(HEAD_END);
    if (end < 0) return NOTHING;
    const text = head.toString('latin1', 0, end).toLowerCase();
    status = Number(text.slice('http/1.1 '.length, 'http/1.1 200'.length));
    left = numberAfter(text, 'content-length: ');
    closes = text.includes('connection: close');
    const rest = head.subarray(end + HEAD_END.length);
    head = NOTHING;
    return rest;
  };
  return (data: Buffer): void => {
    let chunk = data;
    while (chunk.length > 0) {
      if (left === 0) chunk = readHead(chunk);
      if (left === 0) return;
      const part = chunk.subarray(0, left);
      left -= part.length;
      chunk = chunk.subarray(part.length);
      tail = part;
      if (left > 0) continue;
      const pending = numberAfter(tail.toString('latin1', Math.max(0, tail.length - 24)), '"pending":');
      onEnd({ status, pending, closes });
    }
  };
}

export function createHttpConnection(port: number): HttpConnection {
  let socket: Socket | undefined;
  let waiting: ((ended: Ended) => void) | undefined;
  const end = (ended: Ended): void => {
    const told = waiting;
    waiting = undefined;
    told?.(ended);
  };
  const open = (): Socket => {
    const opened = connect({ port, host: '127.0.0.1', noDelay: true });
    const read = createAnswerReader(({ closes, ...ended }) => {
      if (closes) socket = undefined;
      end(ended);
    });
    opened.on('data', read).on('error', () => undefined);
    opened.on('close', () => {
      if (socket !== opened) return;
      socket = undefined;
      end({ status: 0, pending: 0 });
    });
    return opened;
  };
  return {
    ask(bytes, onEnd) {
      waiting = onEnd;
      socket ??= open();
      socket.write(bytes);
    },
    hangUp() {
      const held = socket;
      socket = undefined;
      held?.destroy();
      end({ status: 0, pending: 0 });
    },
  };
}

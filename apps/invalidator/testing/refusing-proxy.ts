import { createConnection, createServer, type AddressInfo, type Socket } from 'node:net';

/** A wire to Redis on which some buckets cannot be reached, as when the node that has them is away. */
export interface RefusingProxy {
  readonly url: string;
  readonly refused: Set<number>;
  close(): Promise<void>;
}

const LINE_END = Buffer.from('\r\n');
const BUCKET = /\{(\d{1,3})\}:/;
/** What a cluster answers for a slot that nobody serves. */
const REFUSAL = encode([
  Buffer.from('EVAL'),
  Buffer.from("return redis.error_reply('CLUSTERDOWN told to be')"),
  Buffer.from('0'),
]);

function encode(parts: readonly Buffer[]): Buffer {
  const bulks = parts.flatMap((part) => [Buffer.from(`$${part.length}\r\n`), part, LINE_END]);
  return Buffer.concat([Buffer.from(`*${parts.length}\r\n`), ...bulks]);
}

/** Cuts a stream of requests (arrays of bulk strings) into commands. */
class CommandReader {
  #bytes = Buffer.alloc(0);

  /** @returns the commands that are whole now */
  push(bytes: Buffer): Buffer[][] {
    this.#bytes = Buffer.concat([this.#bytes, bytes]);
    const commands: Buffer[][] = [];
    for (let found = this.#next(); found !== null; found = this.#next()) {
      commands.push(found.parts);
      this.#bytes = this.#bytes.subarray(found.end);
    }
    return commands;
  }

  #next(): { parts: Buffer[]; end: number } | null {
    const head = this.#numberAt(0);
    if (head === null) return null;
    const parts: Buffer[] = [];
    let at = head.end;
    for (let index = 0; index < head.value; index += 1) {
      const bulk = this.#numberAt(at);
      if (bulk === null || this.#bytes.length < bulk.end + bulk.value + LINE_END.length) return null;
      parts.push(this.#bytes.subarray(bulk.end, bulk.end + bulk.value));
      at = bulk.end + bulk.value + LINE_END.length;
    }
    return { parts, end: at };
  }

  #numberAt(at: number): { value: number; end: number } | null {
    const end = this.#bytes.indexOf(LINE_END, at);
    return end < 0 ? null : { value: Number(this.#bytes.toString('latin1', at + 1, end)), end: end + LINE_END.length };
  }
}

export async function refusingProxy(targetUrl: string): Promise<RefusingProxy> {
  const target = new URL(targetUrl);
  const sockets = new Set<Socket>();
  const refused = new Set<number>();
  const isRefused = (parts: readonly Buffer[]): boolean =>
    parts.some((part) => refused.has(Number(BUCKET.exec(part.toString('latin1'))?.[1] ?? Number.NaN)));
  const server = createServer((client) => {
    const upstream = createConnection(Number(target.port || 6379), target.hostname);
    const reader = new CommandReader();
    for (const socket of [client, upstream]) {
      sockets.add(socket);
      socket.on('error', () => socket.destroy());
      socket.on('close', () => {
        client.destroy();
        upstream.destroy();
      });
    }
    client.on('data', (bytes) => {
      for (const parts of reader.push(bytes)) upstream.write(isRefused(parts) ? REFUSAL : encode(parts));
    });
    upstream.pipe(client);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `redis://127.0.0.1:${(server.address() as AddressInfo).port}`,
    refused,
    async close() {
      for (const socket of sockets) socket.destroy();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}

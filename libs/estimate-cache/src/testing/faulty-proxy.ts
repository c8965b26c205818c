import { createConnection, createServer, type AddressInfo, type Socket } from 'node:net';

/** A wire to Redis that a test can hold up or cut. */
export interface FaultyProxy {
  /** The address to connect to instead. */
  readonly url: string;
  /** Bytes go in and nothing comes out until `mend`, as from a process that was stopped for a while. */
  hang(): void;
  /** Every connection breaks, and new ones are refused. */
  cut(): Promise<void>;
  /** All is well again. */
  mend(): Promise<void>;
  close(): Promise<void>;
}

export async function faultyProxy(targetUrl: string): Promise<FaultyProxy> {
  const target = new URL(targetUrl);
  const sockets = new Set<Socket>();
  let held: (() => void)[] = [];
  let hangs = false;
  let port = 0;

  const server = createServer((client) => {
    const upstream = createConnection(Number(target.port || 6379), target.hostname);
    for (const socket of [client, upstream]) {
      sockets.add(socket);
      socket.on('error', () => socket.destroy());
      socket.on('close', () => {
        sockets.delete(socket);
        client.destroy();
        upstream.destroy();
      });
    }
    client.on('data', (bytes) => upstream.write(bytes));
    upstream.on('data', (bytes) => (hangs ? held.push(() => client.write(bytes)) : client.write(bytes)));
  });
  const listen = () =>
    new Promise<void>((resolve) => {
      server.listen(port, '127.0.0.1', () => {
        port = (server.address() as AddressInfo).port;
        resolve();
      });
    });
  const shut = () =>
    new Promise<void>((resolve) => {
      for (const socket of sockets) socket.destroy();
      if (server.listening) server.close(() => resolve());
      else resolve();
    });

  await listen();
  return {
    url: `redis://127.0.0.1:${port}`,
    hang: () => {
      hangs = true;
    },
    cut: shut,
    mend: async () => {
      hangs = false;
      for (const deliver of held) deliver();
      held = [];
      if (!server.listening) await listen();
    },
    close: shut,
  };
}

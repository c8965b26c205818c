import { createConnection, createServer, type AddressInfo, type Server, type Socket } from 'node:net';

/**
 * An address that stays while the server behind it changes, as a name or a virtual address does in a failover. Connections
 * to the old server break when it is pointed elsewhere; those to nowhere are refused.
 */
export class RedisAddress {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  #port: number | null;

  private constructor(port: number) {
    this.#port = port;
    this.#server = createServer((client) => this.#forward(client));
  }

  static async leadingTo(port: number): Promise<RedisAddress> {
    const address = new RedisAddress(port);
    await new Promise<void>((resolve) => address.#server.listen(0, '127.0.0.1', resolve));
    return address;
  }

  get url(): string {
    return `redis://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** @param port of the new server; null: nobody is there */
  pointTo(port: number | null): void {
    this.#port = port;
    for (const socket of this.#sockets) socket.destroy();
  }

  async close(): Promise<void> {
    this.pointTo(null);
    await new Promise<void>((resolve) => this.#server.close(() => resolve()));
  }

  #forward(client: Socket): void {
    if (this.#port === null) return void client.destroy();
    const server = createConnection(this.#port, '127.0.0.1');
    for (const socket of [client, server]) {
      socket.setNoDelay(true);
      this.#sockets.add(socket);
      socket.on('error', () => socket.destroy());
      socket.on('close', () => {
        this.#sockets.delete(socket);
        client.destroy();
        server.destroy();
      });
    }
    client.pipe(server);
    server.pipe(client);
  }
}

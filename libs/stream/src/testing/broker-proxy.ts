import { createServer, connect, type Server, type Socket } from 'node:net';

/**
 * A broker that can go away, come back, be slow and fall silent: a TCP proxy in front of a real one. Brokers tell clients their own address, so the proxy
 * writes its port over the broker's in what comes back.
 */
export class BrokerProxy {
  readonly #target: { host: string; port: number };
  readonly #sockets = new Set<Socket>();
  #server: Server | undefined;
  #port = 0;
  #silent = false;
  /** Raised by `strand`: what was opened before leads nowhere. */
  #generation = 0;
  #delayMs = 0;
  #accepted = 0;
  #open = 0;

  /** @param target  `host:port` of a real broker */
  constructor(target: string) {
    const [host = '127.0.0.1', port = '9092'] = target.split(':');
    this.#target = { host, port: Number(port) };
  }

  get address(): string {
    return `127.0.0.1:${this.#port}`;
  }

  /** Chooses a port without listening on it: the broker that is not there yet. */
  async reserve(): Promise<void> {
    await this.up();
    await this.down();
  }

  /** Connections that it has taken so far. */
  get accepted(): number {
    return this.#accepted;
  }

  /** Those that are open now. */
  get open(): number {
    return this.#open;
  }

  async up(): Promise<void> {
    const server = createServer((client) => this.#serve(client));
    this.#server = server;
    await new Promise<void>((resolve, reject) => server.once('error', reject).listen(this.#port, '127.0.0.1', resolve));
    const address = server.address();
    if (address !== null && typeof address === 'object') this.#port = address.port;
  }

  /** Refuses connections and ends those there are. */
  async down(): Promise<void> {
    const server = this.#server;
    this.#server = undefined;
    const closed = new Promise<void>((resolve) => (server === undefined ? resolve() : server.close(() => resolve())));
    for (const socket of this.#sockets) socket.destroy();
    await closed;
  }

  /** Accepts everything and answers nothing, until told otherwise. */
  silence(silent: boolean): void {
    this.#silent = silent;
  }

  /** The connections that there are lead nowhere from now on, and nobody tells either end; new ones are as they should be. */
  strand(): void {
    this.#generation += 1;
  }

  /** Every byte comes so much later, to and fro, until told otherwise. */
  slow(delayMs: number): void {
    this.#delayMs = delayMs;
  }

  #serve(client: Socket): void {
    this.#accepted += 1;
    this.#open += 1;
    const broker = connect(this.#target.port, this.#target.host);
    for (const socket of [client, broker]) {
      this.#sockets.add(socket);
      socket.on('error', () => undefined).on('close', () => this.#sockets.delete(socket));
    }
    const generation = this.#generation;
    const isLost = (): boolean => this.#silent || generation !== this.#generation;
    const toBroker = this.#late(broker);
    const toClient = this.#late(client);
    client.on('data', (bytes) => void (isLost() || toBroker(bytes)));
    broker.on('data', (bytes) => void (isLost() || toClient(this.#readdressed(bytes))));
    client.on('close', () => {
      this.#open -= 1;
      broker.destroy();
    });
    broker.on('close', () => client.destroy());
  }

  /** Writes what it is given, in order, as late as is asked for. */
  #late(socket: Socket): (bytes: Buffer) => void {
    let lastAt = 0;
    let underWay = 0;
    return (bytes) => {
      const now = performance.now();
      lastAt = Math.max(lastAt, now + this.#delayMs);
      if (underWay === 0 && lastAt <= now) return void socket.write(bytes);
      underWay += 1;
      setTimeout(() => {
        underWay -= 1;
        if (!socket.destroyed) socket.write(bytes);
      }, lastAt - now);
    };
  }

  /** `<host><port as int32>` is how metadata and coordinator answers spell an address. */
  #readdressed(bytes: Buffer): Buffer {
    const { host, port } = this.#target;
    const theirs = Buffer.alloc(host.length + 4);
    theirs.write(host);
    theirs.writeInt32BE(port, host.length);
    for (let at = bytes.indexOf(theirs); at >= 0; at = bytes.indexOf(theirs, at + 1))
      bytes.writeInt32BE(this.#port, at + host.length);
    return bytes;
  }
}

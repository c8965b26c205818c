import { cp, mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import {
  downloadsFolder,
  findRedisServer,
  freePorts,
  spawnServer,
  stopServer,
  type SpawnedServer,
} from '@porchlight/stack';
import { waitFor } from '../wait-for.ts';

const PORT_WISH = 17_800;
const READY_MS = 20_000;
const STOP_GRACE_MS = 3_000;

export type RedisSettings = Readonly<Record<string, string>>;

export interface RedisServerOptions {
  readonly name: string;
  /** Data of all servers of a scenario go below this; emptied at the start. */
  readonly folder: string;
  /** Beside `base`; the later value of a name counts. */
  readonly settings?: RedisSettings;
  readonly signal: AbortSignal;
}

/** As production runs it, persistence off. */
const base: RedisSettings = {
  bind: '127.0.0.1',
  save: '',
  appendonly: 'no',
  'maxmemory-policy': 'volatile-lru',
  maxmemory: '64mb',
  // A replica of a test asks for its first copy at once.
  'repl-diskless-sync-delay': '0',
  'set-proc-title': 'no',
};

/** One Redis that may be killed, frozen, and started again with whatever its folder then holds. */
export class RedisServer {
  readonly name: string;
  readonly port: number;
  readonly dir: string;
  readonly #options: RedisServerOptions;
  #settings: RedisSettings;
  #process: SpawnedServer | undefined;
  #hand: Redis | undefined;

  private constructor(options: RedisServerOptions, port: number) {
    this.name = options.name;
    this.port = port;
    this.dir = join(options.folder, options.name);
    this.#options = options;
    this.#settings = { ...base, ...options.settings };
  }

  static async start(options: RedisServerOptions): Promise<RedisServer> {
    const { redis = PORT_WISH } = await freePorts({ redis: PORT_WISH });
    const server = new RedisServer(options, redis);
    await stopServer(server.#pidFile, { graceMs: STOP_GRACE_MS });
    await rm(server.dir, { recursive: true, force: true });
    await server.startAgain();
    return server;
  }

  get url(): string {
    return `redis://127.0.0.1:${this.port}`;
  }

  /** A plain connection of the check's own. */
  get hand(): Redis {
    this.#hand ??= new Redis(this.url, { maxRetriesPerRequest: 0, retryStrategy: () => 50 }).on(
      'error',
      () => undefined,
    );
    return this.#hand;
  }

  /** On the same port, from the files of its folder. @param settings change what it was started with */
  async startAgain(settings: RedisSettings = {}): Promise<void> {
    this.#settings = { ...this.#settings, ...settings };
    await mkdir(this.dir, { recursive: true });
    const { command } = await findRedisServer(downloadsFolder(), () => undefined);
    const flags = Object.entries({ ...this.#settings, port: String(this.port), dir: this.dir });
    this.#process = await spawnServer({
      name: `Redis ${this.name}`,
      command,
      args: flags.flatMap(([flag, value]) => [`--${flag}`, value]),
      pidFile: this.#pidFile,
      logFile: `${this.dir}.log`,
      marker: this.dir,
      fingerprint: '',
    });
    await waitFor(`Redis ${this.name}`, () => this.#isReady(), { withinMs: READY_MS, signal: this.#options.signal });
  }

  /** SIGKILL; resolves when it is gone. */
  async kill(): Promise<void> {
    this.signal('SIGKILL');
    await this.#process?.exited;
  }

  signal(name: NodeJS.Signals): void {
    if (this.#process !== undefined) process.kill(this.#process.pid, name);
  }

  /** A copy of what is on its disk now, beside it. */
  async keepFiles(): Promise<void> {
    await rm(this.#kept, { recursive: true, force: true });
    await cp(this.dir, this.#kept, { recursive: true });
  }

  /** Puts the copy back; the server must not run. */
  async putFilesBack(): Promise<void> {
    await rm(this.dir, { recursive: true, force: true });
    await cp(this.#kept, this.dir, { recursive: true });
  }

  async stop(): Promise<void> {
    this.#hand?.disconnect();
    this.#hand = undefined;
    await stopServer(this.#pidFile, { signal: 'SIGKILL', graceMs: STOP_GRACE_MS });
  }

  get #kept(): string {
    return `${this.dir}.kept`;
  }

  get #pidFile(): string {
    return `${this.dir}.pid`;
  }

  async #isReady(): Promise<boolean> {
    const redis = new Redis(this.url, { lazyConnect: true, retryStrategy: () => null, maxRetriesPerRequest: 0 });
    redis.on('error', () => undefined);
    try {
      await redis.connect();
      return (await redis.ping()) === 'PONG';
    } finally {
      redis.disconnect();
    }
  }
}

import type { RedisConnectionOptions } from './redis-connection.ts';
import type { RedisTransport } from './redis-transport.ts';

export interface TopologyOptions extends RedisConnectionOptions {
  /** First part of every key. */
  readonly keyGeneration: string;
  /** Told, while it runs, why a server would no longer be taken at the start. An alert: nothing stops. */
  readonly onServerRefused?: (reason: string) => void;
}

/** The servers of the cache, however many there are and however they are reached. */
export interface TopologyConnection {
  readonly transport: RedisTransport;
  /** What the operator should be told once. */
  readonly warnings: readonly string[];
  /** How often the memory that hits are read from may have become another one: a connection was lost, a slot changed hands. */
  connectionsLost(): number;
  /** Is a connection up? A look, not a round trip. */
  isReady(): boolean;
  close(): Promise<void>;
}

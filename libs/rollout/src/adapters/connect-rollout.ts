import { readFile } from 'node:fs/promises';
import { createRollout, type Rollout, type RolloutOptions } from '../rollout.ts';
import { memoryFlagStore } from './memory/memory-flag-store.ts';
import { redisFlagStore, type RedisFlagStoreOptions } from './redis/redis-flag-store.ts';

export interface ConnectRolloutOptions extends Pick<RolloutOptions, 'clock' | 'pollMs' | 'onReading' | 'log'> {
  /** Absent: the flags come from the file, or are as usual. */
  readonly redis?: RedisFlagStoreOptions;
  /** A file with a document of flags. */
  readonly filePath?: string;
}

export interface ConnectedRollout {
  readonly rollout: Rollout;
  /** Stops polling and lets Redis go. */
  close(): Promise<void>;
}

/** The flags of a process, from Redis and a file; not started yet, and nothing is waited for. @throws {FlagsAddressInvalid} */
export function connectRollout({ redis, filePath, ...options }: ConnectRolloutOptions): ConnectedRollout {
  const store = redis === undefined ? memoryFlagStore() : redisFlagStore(redis);
  const rollout = createRollout({
    ...options,
    store,
    ...(filePath === undefined ? {} : { readFile: () => readFile(filePath, 'utf8') }),
  });
  return {
    rollout,
    async close() {
      rollout.stop();
      await store.close();
    },
  };
}

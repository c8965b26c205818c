import { randomInt } from 'node:crypto';
import { mkdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { RootDatabase } from 'lmdb';
import { errorOf } from '../fate.ts';
import { silentLogger, type StreamLogger } from '../log.ts';
import { lmdbFileFault } from './lmdb-file-fault.ts';
import type { KeyBounds, StateChange, StateDisk, StateEngine } from './state-engine.ts';
import { StateError } from './state-error.ts';

/** No store's name begins with a zero byte. */
const OWNER_KEY = Buffer.from('\0owner');
const CHECKPOINT_KEY = Buffer.from('\0checkpoint');
const SYSTEM_KEYS = 2;

/** Every entry has a version of eight bytes; only the owner's means something. */
const NO_VERSION = 1;
const OWNER_VERSION_MAX = 2 ** 47;

type Db = RootDatabase<Buffer, Buffer>;

/**
 * Local copies in LMDB, one environment a partition: `<stateDir>/<groupId>/<partition>/data.mdb`. Reads are synchronous and do not wait
 * for writes; a write is one transaction, off the main thread. A killed process loses nothing that was written, a machine without power
 * at most the last moments: then the checkpoint is older too, and the rest comes from the changelog. A file that is cut off or is none of
 * LMDB's is put aside, like a disk that was lost: all of it is restored.
 *
 * @param log told which file was put aside, and why
 */
export const createLmdbDisk = (stateDir: string, log: StreamLogger = silentLogger): StateDisk => ({
  async open(groupId, partition) {
    const folder = join(stateDir, groupId, String(partition));
    try {
      await mkdir(folder, { recursive: true });
      const path = join(folder, 'data.mdb');
      const fault = await lmdbFileFault(path);
      if (fault !== undefined) {
        await putAside(path);
        log.warn('a data file cannot be read and is put aside; all of its state is restored', { path, why: fault });
      }
      const engine = new LmdbEngine(await openDb(path), folder);
      await engine.own();
      return engine;
    } catch (error) {
      throw asStateError(error, folder);
    }
  },
});

/** A crash loop would need an operator to do the same. The file is kept for whoever asks why; the next one takes its place. */
async function putAside(path: string): Promise<void> {
  await rename(path, `${path}.unreadable`);
  await rm(`${path}-lock`, { force: true });
}

/** Loaded by the first state of a process: most have none. */
async function openDb(path: string): Promise<Db> {
  const { open } = await import('lmdb');
  return open<Buffer, Buffer>({
    path,
    noSubdir: true,
    keyEncoding: 'binary',
    encoding: 'binary',
    useVersions: true,
    cache: false,
  });
}

class LmdbEngine implements StateEngine {
  readonly #db: Db;
  readonly #folder: string;
  readonly #owner = randomInt(1, OWNER_VERSION_MAX);

  constructor(db: Db, folder: string) {
    this.#db = db;
    this.#folder = folder;
  }

  get entryCount(): number {
    const { entryCount } = this.#db.getStats() as { entryCount: number };
    return Math.max(0, entryCount - SYSTEM_KEYS);
  }

  /** From now on nobody who opened it before can write. */
  async own(): Promise<void> {
    await this.#db.put(OWNER_KEY, Buffer.alloc(1), this.#owner);
  }

  get(key: Buffer): Buffer | undefined {
    return this.#db.get(key);
  }

  *range({ gte, lt, reverse = false }: KeyBounds): IterableIterator<readonly [Buffer, Buffer]> {
    const options = reverse ? { start: lt, end: gte, reverse } : { start: gte, end: lt };
    for (const { key, value } of this.#db.getRange(options)) {
      // Backwards LMDB includes the start and excludes the end; ours is the other way round.
      if (reverse && key.compare(lt) >= 0) continue;
      yield [Buffer.from(key), Buffer.from(value)];
    }
    if (!reverse) return;
    const first = this.#db.get(gte);
    if (first !== undefined) yield [gte, first];
  }

  checkpoint(): Buffer | undefined {
    return this.#db.get(CHECKPOINT_KEY);
  }

  async write(changes: Iterable<StateChange>, checkpoint: Buffer): Promise<void> {
    const db = this.#db;
    let isOurs: boolean;
    try {
      // One transaction on the writer's thread, and only if the owner there is still this one.
      isOurs = await db.ifVersion(OWNER_KEY, this.#owner, () => {
        for (const { key, value } of changes) quietly(value === null ? db.remove(key) : db.put(key, value, NO_VERSION));
        quietly(db.put(CHECKPOINT_KEY, checkpoint, NO_VERSION));
      });
    } catch (error) {
      throw asStateError(error, this.#folder);
    }
    if (!isOurs) throw new StateError('STATE_LOST', `${this.#folder} was opened by another process`);
  }

  async clear(): Promise<void> {
    try {
      await this.#db.remove(CHECKPOINT_KEY);
      await this.#db.clearAsync();
      await this.own();
    } catch (error) {
      throw asStateError(error, this.#folder);
    }
  }

  async close(): Promise<void> {
    await this.#db.close();
  }
}

/** A failed commit rejects the promise of each of its operations; the transaction's own says it all. */
const quietly = (operation: Promise<boolean>): void => void operation.catch(() => undefined);

/** LMDB tells a full disk as an input/output error of a promise inside its error. */
function asStateError(thrown: unknown, folder: string): StateError {
  const error = errorOf(thrown) as Error & { commitError?: Promise<never> };
  error.commitError?.catch(() => undefined);
  return new StateError('STATE_DISK_FAILED', `the disk under ${folder} is full or broken: ${error.message}`, {
    cause: error,
  });
}

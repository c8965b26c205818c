import type { KeyBounds, StateChange, StateDisk, StateEngine } from './state-engine.ts';
import { StateError } from './state-error.ts';

/** What outlasts its engine: as the file of a real one does. */
interface Copy {
  /** By the key's bytes as latin1: its order is that of the bytes. */
  entries: ReadonlyMap<string, Buffer>;
  checkpoint: Buffer | undefined;
  owner: symbol | undefined;
}

/** A disk in memory, for tests: it outlives the apps that use it, can be lost, and can be full. */
export class MemoryDisk implements StateDisk {
  readonly #copies = new Map<string, Copy>();
  /** Writes fail as on a full disk. */
  isFull = false;
  /** Writes so far, for tests that count what a restore wrote. */
  writes = 0;

  /** Everything on it is gone. */
  lose(): void {
    this.#copies.clear();
  }

  async open(groupId: string, partition: number): Promise<StateEngine> {
    const name = `${groupId}/${partition}`;
    const copy = this.#copies.get(name) ?? { entries: new Map(), checkpoint: undefined, owner: undefined };
    this.#copies.set(name, copy);
    return new MemoryEngine(this, copy);
  }
}

class MemoryEngine implements StateEngine {
  readonly #disk: MemoryDisk;
  readonly #copy: Copy;
  readonly #me = Symbol('owner');

  constructor(disk: MemoryDisk, copy: Copy) {
    this.#disk = disk;
    this.#copy = copy;
    copy.owner = this.#me;
  }

  get entryCount(): number {
    return this.#copy.entries.size;
  }

  get(key: Buffer): Buffer | undefined {
    return this.#copy.entries.get(key.toString('latin1'));
  }

  *range({ gte, lt, reverse = false }: KeyBounds): IterableIterator<readonly [Buffer, Buffer]> {
    const [from, to] = [gte.toString('latin1'), lt.toString('latin1')];
    const within = [...this.#copy.entries].filter(([key]) => key >= from && key < to);
    within.sort(([a], [b]) => (a < b ? -1 : 1));
    if (reverse) within.reverse();
    for (const [key, value] of within) yield [Buffer.from(key, 'latin1'), value];
  }

  checkpoint(): Buffer | undefined {
    return this.#copy.checkpoint;
  }

  async write(changes: Iterable<StateChange>, checkpoint: Buffer): Promise<void> {
    await Promise.resolve();
    if (this.#copy.owner !== this.#me) throw new StateError('STATE_LOST', 'the local copy was opened by another');
    if (this.#disk.isFull) throw new StateError('STATE_DISK_FAILED', 'the disk is full');
    const entries = new Map(this.#copy.entries);
    for (const { key, value } of changes) {
      if (value === null) entries.delete(key.toString('latin1'));
      else entries.set(key.toString('latin1'), value);
    }
    this.#copy.entries = entries;
    this.#copy.checkpoint = checkpoint;
    this.#disk.writes += 1;
  }

  async clear(): Promise<void> {
    this.#copy.checkpoint = undefined;
    this.#copy.entries = new Map();
  }

  async close(): Promise<void> {
    // the copy stays, as a file does
  }
}

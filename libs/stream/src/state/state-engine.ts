/** One change: the key with its store's prefix, and what is stored; null removes it. */
export interface StateChange {
  readonly key: Buffer;
  readonly value: Buffer | null;
}

/** A part of the keys, in the order of their bytes. */
export interface KeyBounds {
  /** From here, included. */
  readonly gte: Buffer;
  /** To here, excluded. */
  readonly lt: Buffer;
  readonly reverse?: boolean;
}

/** The local copy of one partition's state: an ordered map of bytes, and a checkpoint beside it that is never without it. */
export interface StateEngine {
  /** The entries now, those of the stores together. */
  readonly entryCount: number;
  get(key: Buffer): Buffer | undefined;
  /** Lazy, over the map as it was at the first step; keys and values stay good after it. */
  range(bounds: KeyBounds): IterableIterator<readonly [key: Buffer, value: Buffer]>;
  /** What the last `write` said; undefined where nothing was written yet. */
  checkpoint(): Buffer | undefined;
  /**
   * All of it or nothing, whatever happens to the process meanwhile; the later change of a key wins.
   *
   * @throws {StateError} STATE_LOST if the same partition was opened again since, also by another process: that one's it is now;
   *   STATE_DISK_FAILED when the disk is full or broken
   */
  write(changes: Iterable<StateChange>, checkpoint: Buffer): Promise<void>;
  /** Removes everything, the checkpoint first. */
  clear(): Promise<void>;
  close(): Promise<void>;
}

/** Where the local copies of a process are. */
export interface StateDisk {
  /**
   * The copy of one partition, empty if there is none. Whoever opens it last may write to it.
   *
   * @throws {StateError} STATE_DISK_FAILED
   */
  open(groupId: string, partition: number): Promise<StateEngine>;
}

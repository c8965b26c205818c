/** What a peer keeps of a home: whatever its user makes of it, and whose it is. */
export interface CachedHome {
  readonly propertyId: string;
}

/** What a user of such a library decides. */
export interface PeerOptions<H extends CachedHome> {
  readonly redisUrl: string;
  /** Fetches homes that are not cached, in any order; each is asked for once. */
  readonly loadMany: (propertyIds: readonly string[]) => Promise<readonly H[]>;
  /** How long a home is kept, milliseconds. */
  readonly ttlMsOf: (home: H) => number;
  /** For a library that has one TTL for all: the shortest that any home may have, milliseconds. */
  readonly ttlMsMin: number;
  /** Whether the process keeps homes in its memory too, before Redis. */
  readonly memory: boolean;
  /** Refresh what is cached behind the answer when less than this share of its TTL is left; 0: never. */
  readonly refreshShare: number;
}

/** A library's cache of homes, as one process of several uses it. */
export interface PeerCache<H extends CachedHome> {
  get(propertyId: string): Promise<H>;
  /** In the order asked for. */
  getMany(propertyIds: readonly string[]): Promise<H[]>;
  /** The home has changed: the library's own way to forget it. Resolves when the library says that it has. */
  remove(propertyId: string): Promise<'removed' | 'unknown'>;
  close(): Promise<void>;
}

/** A library that people pick for such a cache. */
export interface Peer {
  readonly name: string;
  readonly what: string;
  /** Whether its documentation has memory before Redis as a usual way. */
  readonly hasMemory: boolean;
  create<H extends CachedHome>(options: PeerOptions<H>): Promise<PeerCache<H>>;
}

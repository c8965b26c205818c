import { tileKey, type Tile } from '@porchlight/geo';
import type { Clock } from '@porchlight/stream';
import { untilDeadline } from '../reading/index.ts';

export interface TileCacheOptions<T> {
  readonly clock: Clock;
  /** How long what is known of a tile is used without asking again. */
  readonly ttlMs: number;
  /** How long a new reading is waited for where older knowledge of every tile is at hand. */
  readonly olderAfterMs: number;
  /** Bound of the sum of `weightOf`; the tiles that were used longest ago go first. */
  readonly weightMax: number;
  readonly weightOf: (value: T) => number;
}

/** Reads tiles that are not known: a value for each. */
export type LoadTiles<T> = (tiles: readonly Tile[]) => Promise<ReadonlyMap<string, T>>;

interface Entry<T> {
  readonly value: T;
  readonly weight: number;
  readonly readAt: number;
}

/**
 * What is known of map tiles, for a while. A tile that is being read is waited for, not read twice. When the reading fails or is
 * late, and older knowledge of every tile is at hand, that is used: homes do not move, and who may see what is not kept here. So a
 * database that hangs costs `olderAfterMs`, and is asked for a tile once at a time.
 */
export class TileCache<T> {
  readonly #options: TileCacheOptions<T>;
  readonly #entries = new Map<string, Entry<T>>();
  readonly #reading = new Map<string, Promise<ReadonlyMap<string, T>>>();
  #weight = 0;

  constructor(options: TileCacheOptions<T>) {
    this.#options = options;
  }

  /** The sum of weights that is held. */
  get weight(): number {
    return this.#weight;
  }

  /** @returns a value for each tile, by `zoom/x/y`. @throws what `load` throws, if nothing older can stand in */
  async get(tiles: readonly Tile[], load: LoadTiles<T>): Promise<Map<string, T>> {
    const found = new Map<string, T>();
    const missing = tiles.filter((tile) => !this.#takeFresh(tileKey(tile), found));
    if (missing.length > 0) await this.#read(missing, load, found);
    return found;
  }

  async #read(missing: readonly Tile[], load: LoadTiles<T>, found: Map<string, T>): Promise<void> {
    const unread = missing.filter((tile) => !this.#reading.has(tileKey(tile)));
    if (unread.length > 0) this.#startReading(unread, load);
    const keys = missing.map(tileKey);
    const older = keys.flatMap((key) => this.#entries.get(key) ?? []);
    const reading = Promise.all(keys.map(async (key) => (await this.#reading.get(key))?.get(key)));
    const isAllKnown = older.length === keys.length;
    const values = isAllKnown ? await this.#inTime(reading) : await reading;
    for (const [at, key] of keys.entries()) {
      const value = values === undefined ? older[at]?.value : values[at];
      if (value !== undefined) found.set(key, value);
    }
  }

  /** @returns undefined: it failed, or is late and goes on */
  #inTime<R>(reading: Promise<R>): Promise<R | undefined> {
    const { clock, olderAfterMs } = this.#options;
    return untilDeadline(reading, clock.now() + olderAfterMs, clock).catch(() => undefined);
  }

  #startReading(unread: readonly Tile[], load: LoadTiles<T>): void {
    const readAt = this.#options.clock.now();
    const keys = unread.map(tileKey);
    const reading = load(unread).finally(() => {
      for (const key of keys) this.#reading.delete(key);
    });
    for (const key of keys) this.#reading.set(key, reading);
    const keep = reading.then((values) => {
      for (const key of keys) this.#keep(key, values.get(key), readAt);
    });
    keep.catch(() => undefined); // whoever waits is told
  }

  #takeFresh(key: string, found: Map<string, T>): boolean {
    const entry = this.#entries.get(key);
    if (entry === undefined || this.#options.clock.now() - entry.readAt >= this.#options.ttlMs) return false;
    this.#entries.delete(key); // the last in the map is the one used last
    this.#entries.set(key, entry);
    found.set(key, entry.value);
    return true;
  }

  #keep(key: string, value: T | undefined, readAt: number): void {
    this.#drop(key);
    if (value === undefined) return;
    const weight = this.#options.weightOf(value);
    this.#entries.set(key, { value, weight, readAt });
    this.#weight += weight;
    for (const oldest of this.#entries.keys()) {
      if (this.#weight <= this.#options.weightMax) break;
      this.#drop(oldest);
    }
  }

  #drop(key: string): void {
    this.#weight -= this.#entries.get(key)?.weight ?? 0;
    this.#entries.delete(key);
  }
}

import { changePercentOf, intervalOf, revaluedUsd } from './revaluation.ts';

/** An estimate as the wire carries it; `computedAt` in milliseconds UTC. */
export interface BookedEstimate {
  propertyId: string;
  estimateVersion: number;
  valueUsd: number;
  lowUsd: number;
  highUsd: number;
  computedAt: number;
}

/** A home to load; null: there is no estimate for it. */
export interface LoadedHome {
  propertyId: string;
  valueUsd: number | null;
}

/** The whole state of one home, as the journal keeps it. A value of 0 means none. */
export interface BookEntry {
  propertyId: string;
  loadedUsd: number;
  valueUsd: number;
  isWithdrawn: boolean;
  estimateVersion: number;
  computedAt: number;
}

export interface EstimateBook {
  readonly size: number;
  /** What is served for a home; undefined if it was never loaded, has no estimate, or was withdrawn. */
  estimateOf(propertyId: string): BookedEstimate | undefined;
  entryOf(propertyId: string): BookEntry | undefined;
  /** Takes an entry as it is, unless the book already holds a later version. */
  put(entry: BookEntry): void;
  entries(): Generator<BookEntry>;
  propertyIds(): IterableIterator<string>;
}

const CAPACITY_FIRST = 1_024;

/**
 * Every home in columns: 33 bytes a home beside its id, not an object of a hundred.
 *
 * @param seed of the intervals around the values
 */
export function createEstimateBook(seed: number): EstimateBook {
  const rows = new Map<string, number>();
  let columns = columnsFor(CAPACITY_FIRST);

  const entryAt = (propertyId: string, row: number): BookEntry => ({
    propertyId,
    loadedUsd: columns.loadedUsd[row] ?? 0,
    valueUsd: columns.valueUsd[row] ?? 0,
    isWithdrawn: columns.isWithdrawn[row] === 1,
    estimateVersion: columns.estimateVersion[row] ?? 0,
    computedAt: columns.computedAt[row] ?? 0,
  });
  const rowFor = (propertyId: string): number => {
    const known = rows.get(propertyId);
    if (known !== undefined) return known;
    const row = rows.size;
    if (row === columns.loadedUsd.length) columns = grown(columns);
    rows.set(propertyId, row);
    return row;
  };
  const entryOf = (propertyId: string): BookEntry | undefined => {
    const row = rows.get(propertyId);
    return row === undefined ? undefined : entryAt(propertyId, row);
  };

  return {
    get size() {
      return rows.size;
    },
    entryOf,
    estimateOf(propertyId) {
      const entry = entryOf(propertyId);
      return entry === undefined ? undefined : estimateIn(entry, seed);
    },
    put(entry) {
      const row = rowFor(entry.propertyId);
      if ((columns.estimateVersion[row] ?? 0) > entry.estimateVersion) return;
      columns.loadedUsd[row] = entry.loadedUsd;
      columns.valueUsd[row] = entry.valueUsd;
      columns.isWithdrawn[row] = entry.isWithdrawn ? 1 : 0;
      columns.estimateVersion[row] = entry.estimateVersion;
      columns.computedAt[row] = entry.computedAt;
    },
    *entries() {
      for (const [propertyId, row] of rows) yield entryAt(propertyId, row);
    },
    propertyIds: () => rows.keys(),
  };
}

interface Columns {
  loadedUsd: Float64Array;
  valueUsd: Float64Array;
  isWithdrawn: Uint8Array;
  estimateVersion: Float64Array;
  computedAt: Float64Array;
}

function columnsFor(capacity: number): Columns {
  return {
    loadedUsd: new Float64Array(capacity),
    valueUsd: new Float64Array(capacity),
    isWithdrawn: new Uint8Array(capacity),
    estimateVersion: new Float64Array(capacity),
    computedAt: new Float64Array(capacity),
  };
}

function grown(old: Columns): Columns {
  const columns = columnsFor(old.loadedUsd.length * 2);
  columns.loadedUsd.set(old.loadedUsd);
  columns.valueUsd.set(old.valueUsd);
  columns.isWithdrawn.set(old.isWithdrawn);
  columns.estimateVersion.set(old.estimateVersion);
  columns.computedAt.set(old.computedAt);
  return columns;
}

/** What an entry serves. */
export function estimateIn(entry: BookEntry, seed: number): BookedEstimate | undefined {
  if (entry.isWithdrawn || entry.valueUsd === 0) return undefined;
  const { propertyId, estimateVersion, valueUsd, computedAt } = entry;
  return { propertyId, estimateVersion, valueUsd, ...intervalOf(seed, propertyId, valueUsd), computedAt };
}

/**
 * The entry after a home is loaded, or undefined if nothing changes.
 *
 * Loading the value that was loaded before changes nothing, also after a re-valuation: so a city can be loaded twice.
 */
export function loaded(old: BookEntry | undefined, home: LoadedHome, now: number): BookEntry | undefined {
  const loadedUsd = home.valueUsd ?? 0;
  if (old !== undefined && old.loadedUsd === loadedUsd) return undefined;
  return {
    propertyId: home.propertyId,
    loadedUsd,
    valueUsd: loadedUsd,
    isWithdrawn: false,
    estimateVersion: (old?.estimateVersion ?? 0) + 1,
    computedAt: now,
  };
}

/** The entry after a re-valuation, which also brings back a withdrawn estimate; undefined for a home that never had one. */
export function revalued(old: BookEntry | undefined, seed: number, now: number): BookEntry | undefined {
  if (old === undefined || old.valueUsd === 0) return undefined;
  const estimateVersion = old.estimateVersion + 1;
  const valueUsd = revaluedUsd(old.valueUsd, changePercentOf(seed, old.propertyId, estimateVersion));
  return { ...old, valueUsd, isWithdrawn: false, estimateVersion, computedAt: now };
}

/** The entry after its estimate is withdrawn; undefined if there is none to withdraw. */
export function withdrawn(old: BookEntry | undefined, now: number): BookEntry | undefined {
  if (old === undefined || old.valueUsd === 0 || old.isWithdrawn) return undefined;
  return { ...old, isWithdrawn: true, estimateVersion: old.estimateVersion + 1, computedAt: now };
}

/** T, and the end of a partition that was asked for after it. */
interface Until {
  readonly at: number;
  readonly endOffset: bigint;
}

interface Partition {
  readonly pending: Until[];
  /** The latest T that holds; null: none does yet. */
  at: number | null;
}

/** Ts of one partition that wait for their end: two minutes of them. A later one that finds no room comes again in a second. */
const PENDING_MAX = 128;

/** How far the database's changes are applied in this process, for its gauge: the marks keep their own account. */
export class AppliedUntil {
  readonly #partitions = new Map<string, Partition>();

  /** @param until  the newest T; null: it could not be read, or the partition has none */
  note(name: string, until: Until | null, appliedOffset: bigint): void {
    const known = this.#partitions.get(name) ?? { pending: [], at: null };
    this.#partitions.set(name, known);
    if (until !== null && known.pending.length < PENDING_MAX) known.pending.push(until);
    while (known.pending[0] !== undefined && known.pending[0].endOffset <= appliedOffset)
      known.at = known.pending.shift()?.at ?? known.at;
  }

  /** Forgets the partitions that are not here any more. */
  keep(names: ReadonlySet<string>): void {
    for (const name of this.#partitions.keys()) if (!names.has(name)) this.#partitions.delete(name);
  }

  /** The lowest T over all partitions that have one; null: none has. UTC milliseconds by the primary's clock. */
  get lowestAt(): number | null {
    const known = [...this.#partitions.values()].flatMap(({ at }) => at ?? []);
    return known.length === 0 ? null : Math.min(...known);
  }
}

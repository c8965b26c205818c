import type { StateEngine } from './state-engine.ts';
import type { StateLayers } from './state-layers.ts';
import { boundsWithin } from './store-key.ts';
import { isExpired } from './stored-value.ts';

/** Walks round and round over the entries of the stores whose values expire, a bounded step at a time, and removes those that have. */
export class ExpirySweep {
  readonly #stores: readonly string[];
  readonly #stepEntriesMax: number;
  #store = 0;
  #after: Buffer | undefined;

  constructor(stores: readonly string[], stepEntriesMax: number) {
    this.#stores = stores;
    this.#stepEntriesMax = stepEntriesMax;
  }

  /** @returns how many entries it removed: they become changes like any other, tombstones in the changelog included */
  step(engine: StateEngine, layers: StateLayers, now: number): number {
    const store = this.#stores[this.#store];
    if (store === undefined) return 0;
    const bounds = boundsWithin(store, {});
    const gte = this.#after === undefined ? bounds.gte : Buffer.concat([this.#after, Buffer.alloc(1)]);
    let seen = 0;
    let removed = 0;
    for (const [key, stored] of engine.range({ ...bounds, gte })) {
      const name = key.toString();
      if (isExpired(stored, now) && !layers.isChanged(name)) {
        layers.remove(name);
        removed += 1;
      }
      this.#after = key;
      seen += 1;
      if (seen >= this.#stepEntriesMax) return removed;
    }
    this.#after = undefined;
    this.#store = (this.#store + 1) % this.#stores.length;
    return removed;
  }
}

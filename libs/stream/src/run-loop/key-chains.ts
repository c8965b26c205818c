import type { RawRecord } from '../port.ts';
import type { Begun } from './watermark.ts';

/** A record that the watermark counts, whether its process runs or it waits for an earlier one of its key. */
export interface Admitted {
  readonly raw: RawRecord;
  readonly begun: Begun;
}

/** @returns the key as a map knows it, byte for byte; null for a record without one, which follows nobody */
export const chainOf = ({ key }: Pick<RawRecord, 'key'>): string | null =>
  key === null ? null : key.toString('latin1');

/**
 * The order of keys: one record of a key at a time, the next when it has ended. Those whose turn has come wait in `ready`, in the order in which it
 * came, which for one key is the order of the log.
 */
export class KeyChains {
  /** Keys of which a record runs or is ready, each with those that wait behind it. */
  readonly #chains = new Map<string, Admitted[]>();
  readonly #ready: Admitted[] = [];
  #length = 0;
  #bytes = 0;

  /** Records that wait here, ready ones included. */
  get length(): number {
    return this.#length;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** @returns true if the record may begin now; false if it waits here for its key */
  enter(admitted: Admitted): boolean {
    const key = chainOf(admitted.raw);
    if (key === null) return true;
    const chain = this.#chains.get(key);
    if (chain === undefined) {
      this.#chains.set(key, []);
      return true;
    }
    chain.push(admitted);
    this.#count(admitted, 1);
    return false;
  }

  /** One whose key has become free; undefined when there is none. */
  takeReady(): Admitted | undefined {
    const admitted = this.#ready.shift();
    if (admitted !== undefined) this.#count(admitted, -1);
    return admitted;
  }

  get hasReady(): boolean {
    return this.#ready.length > 0;
  }

  /** The record that ran for its key has ended: the next one of the key is ready. */
  leave(raw: RawRecord): void {
    const key = chainOf(raw);
    if (key === null) return;
    const next = this.#chains.get(key)?.shift();
    if (next === undefined) this.#chains.delete(key);
    else this.#ready.push(next);
  }

  #count({ raw }: Admitted, sign: 1 | -1): void {
    this.#length += sign;
    this.#bytes += sign * ((raw.key?.length ?? 0) + (raw.value?.length ?? 0));
  }
}

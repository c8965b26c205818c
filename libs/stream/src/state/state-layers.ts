import { AsyncLocalStorage } from 'node:async_hooks';
import { isPending, type MaybePromise } from '../run-loop/maybe-promise.ts';
import { StateError } from './state-error.ts';
import type { KeyBounds, StateChange, StateEngine } from './state-engine.ts';

/** Changes by whole key; null removes. */
type Layer = Map<string, Buffer | null>;

/** What one call of `process` or `window` has written so far. */
interface Attempt {
  readonly written: Layer;
  /** The only key whose entries it may touch; undefined: it may touch all. */
  readonly boundTo: string | null | undefined;
  isOpen: boolean;
}

/** Map, list and record overhead of one change, roughly. */
const CHANGE_OVERHEAD_BYTES = 128;

/**
 * What a task sees of its state: what this attempt wrote, over what the attempts before it wrote since the last commit, over what the commit under
 * way writes, over the disk.
 */
export class StateLayers {
  readonly #engine: StateEngine;
  /** Found by whoever runs inside it: calls of several keys run side by side, and each sees its own. */
  readonly #attempts = new AsyncLocalStorage<Attempt>();
  #overlay: Layer = new Map();
  #flushing: Layer = new Map();
  #overlayBytes = 0;
  #flushingBytes = 0;

  constructor(engine: StateEngine) {
    this.#engine = engine;
  }

  /** Entries now, counted as if every change of a key that waits were a new one; exact once nothing waits. */
  get approximateSize(): number {
    return this.#engine.entryCount + this.#flushing.size + this.#overlay.size;
  }

  /** Changes that no commit has taken, and their size. */
  get uncommitted(): { readonly changes: number; readonly bytes: number } {
    return { changes: this.#overlay.size, bytes: this.#overlayBytes };
  }

  /** Those and what the commit under way writes: they come back if it fails. */
  get held(): { readonly changes: number; readonly bytes: number } {
    return { changes: this.#overlay.size + this.#flushing.size, bytes: this.#overlayBytes + this.#flushingBytes };
  }

  get(key: string): Buffer | undefined {
    for (const layer of [this.#attempts.getStore()?.written, this.#overlay, this.#flushing]) {
      const found = layer?.get(key);
      if (found !== undefined) return found ?? undefined;
    }
    return this.#engine.get(Buffer.from(key));
  }

  /** @throws {StateError} STATE_CLOSED outside an attempt */
  set(key: string, stored: Buffer | null): void {
    const attempt = this.#attempts.getStore();
    if (attempt?.isOpen !== true)
      throw new StateError('STATE_CLOSED', 'state is written by process and window only, and an await may be missing');
    attempt.written.set(key, stored);
  }

  /**
   * Where records of several keys run side by side, each may touch what is its key's alone: anything else would mix with the others.
   *
   * @param key  without its store's name; undefined for a range over many
   * @throws {StateError} STATE_KEY_FOREIGN
   */
  checkAccess(key: string | undefined): void {
    const boundTo = this.#attempts.getStore()?.boundTo;
    if (boundTo === undefined || (boundTo !== null && (key === boundTo || key?.startsWith(`${boundTo}/`) === true)))
      return;
    throw new StateError('STATE_KEY_FOREIGN', "a record touched an entry that is not its key's: see StoreDefinition");
  }

  /** All layers together, in the order of the keys' bytes. A change made while this is read may be seen or not. */
  *range(bounds: KeyBounds): IterableIterator<readonly [key: Buffer, stored: Buffer]> {
    const sign = bounds.reverse === true ? -1 : 1;
    const changed = this.#changesWithin(bounds);
    let at = 0;
    for (const [key, stored] of this.#engine.range(bounds)) {
      for (let next = changed[at]; next !== undefined && next.key.compare(key) * sign < 0; next = changed[at]) {
        at += 1;
        if (next.value !== null) yield [next.key, next.value];
      }
      if (changed[at]?.key.equals(key) === true) continue; // the change itself follows in the next round, or at the end
      yield [key, stored];
    }
    for (const { key, value } of changed.slice(at)) if (value !== null) yield [key, value];
  }

  /**
   * Runs one attempt.
   *
   * @param boundTo  the record's key where others run side by side, null if it has none; undefined: all entries are its own
   * @param isValid  asked at its end: what it wrote counts if it has succeeded and this holds
   */
  attempt<T>(
    run: () => MaybePromise<T>,
    { boundTo, isValid }: { boundTo: string | null | undefined; isValid: () => boolean },
  ): MaybePromise<T> {
    const attempt: Attempt = { written: new Map(), boundTo, isOpen: true };
    const succeed = (value: T): T => {
      attempt.isOpen = false;
      if (isValid()) for (const [key, stored] of attempt.written) this.#put(key, stored);
      return value;
    };
    const fail = (error: unknown): never => {
      attempt.isOpen = false;
      throw error;
    };
    let result: MaybePromise<T>;
    try {
      result = this.#attempts.run(attempt, run);
    } catch (error) {
      return fail(error);
    }
    return isPending(result) ? result.then(succeed, fail) : succeed(result);
  }

  /** A change by the runtime itself, as if an attempt had made it. */
  remove(key: string): void {
    this.#put(key, null);
  }

  /** True if the last word on a key is not on the disk yet. */
  isChanged(key: string): boolean {
    return this.#overlay.has(key) || this.#flushing.has(key);
  }

  /** The changes for the commit that begins now; what is written from here on is for the next one. */
  beginFlush(): StateChange[] {
    this.#flushing = this.#overlay;
    this.#flushingBytes = this.#overlayBytes;
    this.#overlay = new Map();
    this.#overlayBytes = 0;
    return [...this.#flushing].map(([key, value]) => ({ key: Buffer.from(key), value }));
  }

  /** @param written  true: the disk has them; false: they wait for the next commit, under what was written since */
  endFlush(written: boolean): void {
    const taken = this.#flushing;
    this.#flushing = new Map();
    this.#flushingBytes = 0;
    if (written) return;
    const since = this.#overlay;
    this.#overlay = new Map();
    this.#overlayBytes = 0;
    for (const layer of [taken, since]) for (const [key, stored] of layer) this.#put(key, stored);
  }

  #put(key: string, stored: Buffer | null): void {
    if (!this.#overlay.has(key)) this.#overlayBytes += key.length + CHANGE_OVERHEAD_BYTES;
    this.#overlayBytes += (stored?.length ?? 0) - (this.#overlay.get(key)?.length ?? 0);
    this.#overlay.set(key, stored);
  }

  #changesWithin({ gte, lt, reverse }: KeyBounds): StateChange[] {
    const merged: Layer = new Map([...this.#flushing, ...this.#overlay, ...(this.#attempts.getStore()?.written ?? [])]);
    const within: StateChange[] = [];
    for (const [key, value] of merged) {
      const bytes = Buffer.from(key);
      if (bytes.compare(gte) >= 0 && bytes.compare(lt) < 0) within.push({ key: bytes, value });
    }
    const sign = reverse === true ? -1 : 1;
    return within.sort((a, b) => a.key.compare(b.key) * sign);
  }
}

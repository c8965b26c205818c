import type { Clock } from '../clock.ts';
import { codeOf, fateOf } from '../fate.ts';
import type { KeyRange, KeyValueStore, Serde, StoreDefinition } from '../port.ts';
import { StateError } from './state-error.ts';
import type { StateLayers } from './state-layers.ts';
import { boundsWithin, checkKey, keyWithin, storeKey } from './store-key.ts';
import { bytesOf, isExpired, NEVER, storedOf } from './stored-value.ts';

interface StorePorts {
  readonly serde: Serde;
  readonly clock: Clock;
  readonly valueBytesMax: number;
  /** @throws {StateError} STATE_CLOSED before the restore has ended */
  readonly layers: () => StateLayers;
}

/** One store of a task, typed: values through the serde, expiry by the clock. */
export class TypedStore<V> implements KeyValueStore<V> {
  readonly #definition: StoreDefinition<V>;
  readonly #ports: StorePorts;

  constructor(definition: StoreDefinition<V>, ports: StorePorts) {
    this.#definition = definition;
    this.#ports = ports;
  }

  get approximateSize(): number {
    return this.#ports.layers().approximateSize;
  }

  get(key: string): V | undefined {
    const layers = this.#ports.layers();
    layers.checkAccess(key);
    const stored = layers.get(storeKey(this.#definition.name, key));
    return stored === undefined || isExpired(stored, this.#ports.clock.now()) ? undefined : this.#decode(stored);
  }

  put(key: string, value: V): void {
    checkKey(key);
    this.#ports.layers().checkAccess(key);
    const { serde, clock, valueBytesMax, layers } = this.#ports;
    const { name, values, ttlMs } = this.#definition;
    const bytes = serde.encode(values, value);
    if (bytes.length > valueBytesMax)
      throw new StateError(
        'STATE_VALUE_TOO_LARGE',
        `a value of ${name} has ${bytes.length} bytes, more than ${valueBytesMax}`,
      );
    layers().set(storeKey(name, key), storedOf(bytes, ttlMs === undefined ? NEVER : clock.now() + ttlMs));
  }

  delete(key: string): void {
    const layers = this.#ports.layers();
    layers.checkAccess(key);
    layers.set(storeKey(this.#definition.name, key), null);
  }

  *range({ limit = Infinity, reverse = false, ...within }: KeyRange = {}): IterableIterator<[key: string, value: V]> {
    const { name } = this.#definition;
    const now = this.#ports.clock.now();
    const layers = this.#ports.layers();
    layers.checkAccess(undefined);
    let left = limit;
    if (left <= 0) return;
    for (const [key, stored] of layers.range({ ...boundsWithin(name, within), reverse })) {
      if (isExpired(stored, now)) continue;
      yield [keyWithin(name, key.toString()), this.#decode(stored)];
      left -= 1;
      if (left <= 0) return;
    }
  }

  #decode(stored: Buffer): V {
    const { values, name } = this.#definition;
    let value: V | Promise<V>;
    try {
      value = this.#ports.serde.decode(values, bytesOf(stored));
    } catch (error) {
      throw unreadable(name, error);
    }
    if (!(value instanceof Promise)) return value;
    // A schema of an older version of the app: the serde learns it while the record backs off, and answers at once the next time.
    value.catch(() => undefined);
    throw new StateError('STATE_SCHEMA_UNKNOWN', `the schema of a value of ${name} is being fetched`);
  }
}

/** What a serde would have parked would park the record that reads, though the value is at fault. */
function unreadable(store: string, error: unknown): unknown {
  if (fateOf(error) === 'retry') return error;
  const code = codeOf(error, 'UNKNOWN');
  return new StateError('STATE_UNREADABLE', `a value of ${store} cannot be decoded: ${code}`, { cause: error });
}

import { StateError } from './state-error.ts';

/** Between a store's name and a key; no name holds it. */
const SEPARATOR = '\0';

/** LMDB's limit is 1,978 bytes. */
export const KEY_BYTES_MAX = 1_500;

const NAME = /^[a-z][a-z0-9-]{0,63}$/;

/** @throws {StateError} STORE_NAME_INVALID */
export function checkStoreName(name: string): void {
  if (!NAME.test(name))
    throw new StateError('STORE_NAME_INVALID', `"${name}" is no name of a store: small letters, digits and hyphens`);
}

/** A key with its store's name before it: as text for the layers, as bytes for the disk and the changelog. */
export const storeKey = (store: string, key: string): string => `${store}${SEPARATOR}${key}`;

/** @returns the key without its store's name */
export const keyWithin = (store: string, whole: string): string => whole.slice(store.length + SEPARATOR.length);

/** @throws {StateError} STATE_KEY_INVALID (park) for one that is too long, or that UTF-8 cannot carry */
export function checkKey(key: string): void {
  if (!key.isWellFormed()) throw new StateError('STATE_KEY_INVALID', 'a key has half a surrogate pair');
  const bytes = Buffer.byteLength(key);
  if (bytes > KEY_BYTES_MAX)
    throw new StateError('STATE_KEY_INVALID', `a key has ${bytes} bytes, more than ${KEY_BYTES_MAX}`);
}

/** The bounds of a part of one store; without `lt` up to its last key. */
export function boundsWithin(
  store: string,
  { gte = '', lt }: { gte?: string | undefined; lt?: string | undefined },
): {
  gte: Buffer;
  lt: Buffer;
} {
  const end = lt === undefined ? `${store}\u0001` : storeKey(store, lt);
  return { gte: Buffer.from(storeKey(store, gte)), lt: Buffer.from(end) };
}

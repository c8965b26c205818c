import { byteAt } from './packed-numbers.ts';

/** A power of two; there are some hundreds of MLSs, and two that meet in one place only take it from each other. */
const PLACES = 512;
const HASH_FACTOR = 31;

/**
 * Texts that stand in many values, such as the ids of MLSs: each is made once for as long as its place is not taken, and a
 * look-up by it need not hash it again. Making a text anew for each home of each hit costs as much as judging the home.
 */
export class KnownTexts {
  readonly #texts = new Array<string>(PLACES).fill('');
  readonly #bytes = new Array<Uint8Array>(PLACES).fill(new Uint8Array(0));

  /** @returns these bytes as latin1 text */
  of(bytes: Buffer, from: number, to: number): string {
    let hash = to - from;
    for (let at = from; at < to; at += 1) hash = (Math.imul(hash, HASH_FACTOR) + byteAt(bytes, at)) | 0;
    const place = hash & (PLACES - 1);
    if (isSame(this.#bytes[place] as Uint8Array, bytes, from, to)) return this.#texts[place] as string;
    const text = bytes.toString('latin1', from, to);
    this.#texts[place] = text;
    this.#bytes[place] = Uint8Array.from(bytes.subarray(from, to));
    return text;
  }
}

function isSame(known: Uint8Array, bytes: Buffer, from: number, to: number): boolean {
  if (known.length !== to - from) return false;
  for (let at = 0; at < known.length; at += 1) if (known[at] !== bytes[from + at]) return false;
  return true;
}

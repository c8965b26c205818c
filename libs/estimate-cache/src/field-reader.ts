const SEPARATOR = 0x7c; // |
const DIGIT_ZERO = 0x30;
const DIGITS_MAX = 16;

/** A-Z, a-z, 0-9, _ and -: what ids are made of. */
const isIdByte = Array.from({ length: 256 }, (_, byte) => /[A-Za-z0-9_-]/.test(String.fromCharCode(byte)));

/**
 * Walks the fields of a value, byte by byte: a text and a pattern for each of 200 homes would cost more than their MGET.
 * The first field that is not what it should be makes `isGood` false, and every later answer is worthless.
 */
export class FieldReader {
  readonly #bytes: Buffer;
  #at = 0;
  isGood = true;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  /** Where the next field begins. */
  get at(): number {
    return this.#at;
  }

  /** A whole number from 0 to 2^53 - 1, of at most 16 digits; null: the field is empty. */
  optionalWhole(): number | null {
    const startedAt = this.#at;
    let number = 0;
    let digit = this.#digit();
    while (digit >= 0 && digit <= 9) {
      number = number * 10 + digit;
      this.#at += 1;
      digit = this.#digit();
    }
    const digits = this.#at - startedAt;
    if (digits > DIGITS_MAX || number > Number.MAX_SAFE_INTEGER) this.isGood = false;
    this.#pass();
    return digits === 0 ? null : number;
  }

  whole(): number {
    const number = this.optionalWhole();
    if (number === null) this.isGood = false;
    return number ?? 0;
  }

  /** A field of one byte that stands for one of these; null: it is empty. */
  optionalCode<T>(names: readonly (T | undefined)[]): T | null {
    const byte = this.#bytes[this.#at];
    if (byte === SEPARATOR) {
      this.#at += 1;
      return null;
    }
    const name = byte === undefined ? undefined : names[byte];
    this.#at += 1;
    this.#pass();
    if (name === undefined) this.isGood = false;
    return name ?? null;
  }

  code<T>(names: readonly (T | undefined)[], otherwise: T): T {
    const name = this.optionalCode(names);
    if (name === null) this.isGood = false;
    return name ?? otherwise;
  }

  /** An id of at most so many bytes; null: the field is empty. */
  optionalId(bytesMax: number): string | null {
    const startedAt = this.#at;
    while (isIdByte[this.#bytes[this.#at] ?? SEPARATOR] === true) this.#at += 1;
    const endedAt = this.#at;
    if (endedAt - startedAt > bytesMax) this.isGood = false;
    this.#pass();
    return endedAt === startedAt ? null : this.#bytes.toString('latin1', startedAt, endedAt);
  }

  #digit(): number {
    return (this.#bytes[this.#at] ?? 0) - DIGIT_ZERO;
  }

  #pass(): void {
    if (this.#bytes[this.#at] !== SEPARATOR) this.isGood = false;
    this.#at += 1;
  }
}

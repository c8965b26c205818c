import type { Redis } from 'ioredis';
import type { RawRead } from './read-line.ts';

type Decode = (chunk: Buffer) => void;

const CR = 0x0d;
const MINUS = 0x2d;
const ZERO = 0x30;
const codeOf = (type: string): number => type.charCodeAt(0);
const BULK = codeOf('$');
const ARRAY = codeOf('*');
const NULL = codeOf('_');
const LINES = new Set([...'+-:,#_('].map(codeOf));
const TEXTS = new Set([...'$!='].map(codeOf));
/** How many replies follow one of these, for each that it counts. */
const LISTS: ReadonlyMap<number, number> = new Map([...'*~>%'].map((type) => [codeOf(type), type === '%' ? 2 : 1]));

/** `null`: `$-1` or `_`. */
const NULL_BULK_BYTES = 5;
const NULL_BYTES = 3;

const NOT_WHOLE = -1;
const NOT_UNDERSTOOD = -2;

/**
 * Reads the replies of our reads (`RawRead`) by ourselves, on this connection and those that follow it; every other reply goes
 * to ioredis, byte for byte.
 *
 * ioredis finds its place in a reply by a look into a WeakMap, several for each value: 310 ns a home of an MGET, most of what a
 * read of 100 costs this process. Which reply is whose is its own book: the first command in its queue is the next answered.
 */
export function takeReplies(redis: Redis): void {
  const begin = (): void => {
    const { stream } = redis;
    const [decode] = stream.listeners('data') as Decode[];
    if (decode === undefined) return;
    const taker = new ReplyTaker(redis, decode);
    stream.on('data', (chunk: Buffer) => taker.take(chunk)); // first, so that somebody listens all the time
    stream.removeListener('data', decode);
  };
  redis.on('connect', begin); // nothing has come yet: ioredis says so before it reads
  if (redis.status === 'ready' && redis.commandQueue.length === 0) begin();
}

class ReplyTaker {
  readonly #redis: Redis;
  readonly #decode: Decode;
  /** The beginning of a reply whose end has not come. */
  #held: Buffer | null = null;
  /** After the value that was read last. */
  #end = 0;
  #isLost = false;

  constructor(redis: Redis, decode: Decode) {
    this.#redis = redis;
    this.#decode = decode;
  }

  take(chunk: Buffer): void {
    const bytes = this.#held === null ? chunk : Buffer.concat([this.#held, chunk]);
    this.#held = null;
    let at = 0;
    while (at < bytes.length && !this.#isLost) {
      const read = this.#firstRead();
      const found = read === null ? undefined : this.#foundAt(bytes, at);
      if (read !== null && found !== undefined) {
        at = this.#end;
        this.#answer(read, found);
        continue;
      }
      const end = endOfReply(bytes, at);
      if (end === NOT_WHOLE) {
        this.#held = at === 0 ? bytes : bytes.subarray(at);
        return;
      }
      // What is not understood is ioredis's to refuse, and all that comes after it.
      this.#isLost = end === NOT_UNDERSTOOD;
      if (this.#isLost) break;
      this.#decode(bytes.subarray(at, end));
      at = end;
    }
    if (at < bytes.length) this.#decode(at === 0 ? bytes : bytes.subarray(at));
  }

  #firstRead(): RawRead | null {
    const command = this.#redis.commandQueue.peekFront()?.command as RawRead | undefined;
    return command?.isRawRead === true ? command : null;
  }

  #answer(read: RawRead, found: Buffer | null | (Buffer | null)[]): void {
    this.#redis.commandQueue.shift();
    try {
      read.resolve(found);
    } catch (error) {
      // As ioredis does: a bug of the caller must not look like a broken connection.
      process.nextTick(() => {
        throw error;
      });
    }
  }

  /** @returns what GET or MGET found, `#end` after it; undefined: it is not whole, or an error, or holds one */
  #foundAt(bytes: Buffer, at: number): Buffer | null | (Buffer | null)[] | undefined {
    if (bytes[at] !== ARRAY) return this.#valueAt(bytes, at);
    const count = this.#countAt(bytes, at);
    // Whoever says more values than bytes have come is not whole, or no Redis: no room is made on its word.
    if (count < 0 || count > bytes.length) return undefined;
    const values = new Array<Buffer | null>(count);
    for (let place = 0; place < count; place += 1) {
      const value = this.#valueAt(bytes, this.#end);
      if (value === undefined) return undefined;
      values[place] = value;
    }
    return values;
  }

  #valueAt(bytes: Buffer, at: number): Buffer | null | undefined {
    const type = bytes[at];
    if (type === NULL) return this.#nullTo(bytes, at + NULL_BYTES);
    if (type !== BULK) return undefined;
    if (bytes[at + 1] === MINUS) return this.#nullTo(bytes, at + NULL_BULK_BYTES);
    const length = this.#countAt(bytes, at);
    const from = this.#end;
    if (length < 0 || from + length + 2 > bytes.length) return undefined;
    this.#end = from + length + 2;
    return bytes.subarray(from, from + length);
  }

  #nullTo(bytes: Buffer, end: number): null | undefined {
    this.#end = end;
    return end > bytes.length ? undefined : null;
  }

  /** The number after the type, `#end` after its line; below 0: there is none, or not all of it. */
  #countAt(bytes: Buffer, at: number): number {
    let count = 0;
    for (let place = at + 1; place < bytes.length; place += 1) {
      const byte = bytes[place] as number;
      if (byte === CR) {
        this.#end = place + 2;
        return this.#end > bytes.length ? NOT_WHOLE : count;
      }
      const digit = byte - ZERO;
      if (digit < 0 || digit > 9) return NOT_UNDERSTOOD;
      count = count * 10 + digit;
    }
    return NOT_WHOLE;
  }
}

/** Where the reply that begins here ends. @source the RESP specification, version 3, without its streamed types */
function endOfReply(bytes: Buffer, from: number): number {
  let at = from;
  for (let replies = 1; replies > 0; replies -= 1) {
    const lineEnd = bytes.indexOf(CR, at);
    if (lineEnd < 0 || lineEnd + 2 > bytes.length) return NOT_WHOLE;
    const type = bytes[at] as number;
    const count = LINES.has(type) ? 0 : Number(bytes.toString('latin1', at + 1, lineEnd));
    const perCount = LISTS.get(type);
    const isUnderstood = Number.isInteger(count) && (perCount !== undefined || TEXTS.has(type) || LINES.has(type));
    if (!isUnderstood) return NOT_UNDERSTOOD;
    at = lineEnd + 2;
    if (perCount !== undefined) replies += Math.max(0, count) * perCount;
    else if (TEXTS.has(type) && count >= 0) at += count + 2;
  }
  return at > bytes.length ? NOT_WHOLE : at;
}

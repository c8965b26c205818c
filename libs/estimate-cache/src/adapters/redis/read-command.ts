import type { CacheUnavailable } from '../../errors.ts';
import { valuesOf } from './pipeline-results.ts';
import { NO_ARGS, type RawRead } from './read-line.ts';
import { cacheErrorOf } from './redis-errors.ts';

/** What is stored under each key that was asked for. */
export type Values = readonly (Buffer | null)[];
/** What a server, or a proxy that lost one, said of a key. */
export type Found = Buffer | Error | null;
/** Makes of values what is answered; what it throws is thrown. */
export type Take<T> = (values: Values) => T | PromiseLike<T>;

/**
 * One GET (whose answer costs less to read) or MGET. One promise from the call to what is made of its answer: the time limit
 * and the look for errors among the values are part of it, since each promise between costs a GET some hundredths.
 */
export class ReadCommand<T> implements RawRead {
  readonly name: 'get' | 'mget';
  readonly args = NO_ARGS;
  readonly commands = 1;
  readonly isRawRead = true;
  readonly promise: Promise<T>;
  isTraced = false;
  isWaiting = true;
  endsAt = 0;
  readonly #text: string;
  readonly #take: Take<T>;
  #resolve!: (answer: T | PromiseLike<T>) => void;
  #reject!: (error: Error) => void;

  /** @param text  the whole command, of so many keys */
  constructor(keys: number, text: string, take: Take<T>) {
    this.name = keys === 1 ? 'get' : 'mget';
    this.#text = text;
    this.#take = take;
    this.promise = new Promise<T>((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
  }

  setReplyContext(): void {}

  toWritable(): string {
    return this.#text;
  }

  resolve(reply: Found | Found[]): void {
    if (this.isWaiting) this.#answer(Array.isArray(reply) ? reply : [reply]);
  }

  reject(error: Error): void {
    if (!this.isWaiting) return;
    if (this.name === 'get')
      this.#answer([error]); // perhaps a key of a wrong type, to which MGET would say null
    else this.fail(cacheErrorOf(error));
  }

  giveUp(error: CacheUnavailable): void {
    this.fail(error);
  }

  /** Somebody else finds what was asked for. */
  protected leaveTo(others: Promise<readonly Found[]>): void {
    this.isWaiting = false;
    this.#resolve(others.then((found) => this.#take(valuesOf(found))));
  }

  protected fail(error: Error): void {
    this.isWaiting = false;
    this.#reject(error);
  }

  #answer(found: readonly Found[]): void {
    this.isWaiting = false;
    try {
      this.#resolve(this.#take(valuesOf(found)));
    } catch (error) {
      this.#reject(error instanceof Error ? error : cacheErrorOf(error));
    }
  }
}

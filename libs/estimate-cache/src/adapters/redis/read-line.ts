import type { Command, Redis } from 'ioredis';
import { DeadlineLine, type Waiting } from './deadline-line.ts';

/**
 * Commands that are already what goes over the wire, in the shape that ioredis looks for in a command. Its own class would
 * make a promise, a list of arguments and half a dozen closures for each, of which nothing is used here.
 */
export interface RawRead extends Waiting {
  readonly name: 'get' | 'mget';
  /** Empty: neither an error nor a trace of a read shows its keys. */
  readonly args: readonly never[];
  /** How many commands its text holds: each is answered by `resolve` or `reject`, in order. */
  readonly commands: number;
  readonly promise: Promise<unknown>;
  /** Tells it from the commands of ioredis: see takeReplies. */
  readonly isRawRead: true;
  /** Kept by ioredis. */
  isTraced: boolean;
  setReplyContext(): void;
  /** ASCII. Asked for once for each command; all of it may come with the first. */
  toWritable(): string;
  resolve(reply: unknown): void;
  reject(error: Error): void;
}

export const NO_ARGS: readonly never[] = [];

/** Where ioredis writes the commands of a pipeline to. */
type Pipeline = Extract<Parameters<Redis['sendCommand']>[1], { isPipeline: true }>;

/**
 * How many reads are written together. Two save half of the kernel's calls; with more, Redis waits for the whole turn to be
 * made up, and this process for all of its answers, and of two processors one is always idle (GET, 8 at once, one Redis: 0.78 of
 * a bare client's rate without a bound, 0.83 with four, 0.91 with three, 1.13 with two).
 */
const GATHERED_MAX = 2;

const SOON = Promise.resolve();

/**
 * Reads on one connection: one timer for the time limits of all, and one write for two that are sent in one turn of the
 * event loop. A write is a call of the kernel, and costs a GET more than all else that this process does for it.
 *
 * A read is handed to ioredis when it is written and not before, so that its place among those that wait for an answer is its
 * place on the wire, whatever else is sent on the connection meanwhile.
 */
export class ReadLine {
  readonly #redis: Redis;
  readonly #deadlines: DeadlineLine;
  readonly #pipeline: Pipeline;
  #turn: RawRead[] = [];
  #text = '';

  /** @param timeoutMs  from `send` to the answer */
  constructor(redis: Redis, timeoutMs: number) {
    this.#redis = redis;
    this.#deadlines = new DeadlineLine(timeoutMs);
    this.#pipeline = { isPipeline: true, write: (text) => (this.#text += text as string), destination: { redis } };
  }

  /** A read that cannot be sent is rejected, as one whose connection is lost. */
  send(read: RawRead): void {
    this.#deadlines.add(read);
    // Answers that came together wake those who waited for them together: what these ask next goes out together.
    const gathered = this.#turn.push(read);
    if (gathered === 1) void SOON.then(this.#write);
    if (gathered >= GATHERED_MAX) this.#write();
  }

  readonly #write = (): void => {
    const turn = this.#turn;
    this.#turn = [];
    this.#text = '';
    for (const read of turn) {
      // ioredis counts answers by what waits for them: a read of several commands waits several times.
      for (let n = 0; n < read.commands; n += 1) this.#redis.sendCommand(read as unknown as Command, this.#pipeline);
    }
    // One byte a character: for UTF-8 Node makes room for three, and for 200 homes no longer finds it on its stack.
    if (this.#text !== '') this.#redis.stream.write(this.#text, 'latin1');
  };
}

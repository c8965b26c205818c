import { CacheUnavailable } from '../../errors.ts';

/** A call that has been sent, or is about to be. */
export interface Waiting {
  /** False once it was answered, or given up on. */
  isWaiting: boolean;
  /** When it is given up on; kept by the line. */
  endsAt: number;
  giveUp(error: CacheUnavailable): void;
}

/**
 * The time limits of calls on one connection. Answers come in the order of the calls and each has the same time, so the
 * oldest call ends first: one timer watches it, where a timer for each would cost a GET a twentieth.
 */
export class DeadlineLine {
  readonly #timeoutMs: number;
  #calls: (Waiting | null)[] = [];
  /** Calls before this one were answered. */
  #first = 0;
  #timer: NodeJS.Timeout | null = null;

  constructor(timeoutMs: number) {
    this.#timeoutMs = timeoutMs;
  }

  /** Gives a call up if it still waits when its time is over. */
  add(call: Waiting): void {
    call.endsAt = performance.now() + this.#timeoutMs;
    this.#forgetAnswered();
    this.#calls.push(call);
    this.#timer ??= this.#wake(this.#timeoutMs);
  }

  #wake(afterMs: number): NodeJS.Timeout {
    // Nobody stays alive for it: while an answer is out, the socket holds the process.
    // A process that was busy itself may find the answer waiting in its socket: that is read once more first.
    return setTimeout(() => setImmediate(() => this.#look()), afterMs).unref();
  }

  #look(): void {
    const now = performance.now();
    for (let call = this.#oldest(); call !== undefined && call.endsAt <= now; call = this.#oldest()) {
      call.giveUp(new CacheUnavailable(`no reply in ${Math.round(this.#timeoutMs)} ms`));
      call.isWaiting = false;
    }
    const oldest = this.#oldest();
    this.#timer = oldest === undefined ? null : this.#wake(Math.max(1, oldest.endsAt - now));
  }

  #oldest(): Waiting | undefined {
    this.#forgetAnswered();
    return this.#calls[this.#first] ?? undefined;
  }

  #forgetAnswered(): void {
    for (; this.#calls[this.#first]?.isWaiting === false; this.#first += 1) {
      // At once, though the list is cut later: an answered read holds all that it found, 60 kB of a batch, and 64 of them
      // outlived every scavenge.
      this.#calls[this.#first] = null;
    }
    if (this.#first < this.#calls.length && this.#first < FORGET_AT) return;
    this.#calls = this.#first === this.#calls.length ? [] : this.#calls.slice(this.#first);
    this.#first = 0;
  }
}

/** Answered calls that are kept before the list is cut. */
const FORGET_AT = 64;

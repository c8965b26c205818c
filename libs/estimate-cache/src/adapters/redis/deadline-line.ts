import { CacheUnavailable } from '../../errors.ts';

/** A call that has been sent. */
export interface Sent {
  /** Null once it was answered. */
  giveUp: ((error: CacheUnavailable) => void) | null;
  readonly endsAt: number;
}

/**
 * The time limits of calls on one connection. Answers come in the order of the calls and each has the same time, so the
 * oldest call ends first: one timer watches it, where a timer for each would cost a GET a twentieth.
 */
export class DeadlineLine {
  readonly #timeoutMs: number;
  #sent: Sent[] = [];
  /** Calls before this one were answered. */
  #first = 0;
  #timer: NodeJS.Timeout | null = null;

  constructor(timeoutMs: number) {
    this.#timeoutMs = timeoutMs;
  }

  /** @param giveUp  called if no answer is noted (`answered`) within the time */
  add(giveUp: Sent['giveUp']): Sent {
    const sent: Sent = { giveUp, endsAt: performance.now() + this.#timeoutMs };
    this.#forgetAnswered();
    this.#sent.push(sent);
    this.#timer ??= this.#wake(this.#timeoutMs);
    return sent;
  }

  #wake(afterMs: number): NodeJS.Timeout {
    // Nobody stays alive for it: while an answer is out, the socket holds the process.
    // A process that was busy itself may find the answer waiting in its socket: that is read once more first.
    return setTimeout(() => setImmediate(() => this.#look()), afterMs).unref();
  }

  #look(): void {
    const now = performance.now();
    for (let sent = this.#oldest(); sent !== undefined && sent.endsAt <= now; sent = this.#oldest()) {
      const { giveUp } = sent;
      sent.giveUp = null;
      giveUp?.(new CacheUnavailable(`no reply in ${Math.round(this.#timeoutMs)} ms`));
    }
    const oldest = this.#oldest();
    this.#timer = oldest === undefined ? null : this.#wake(Math.max(1, oldest.endsAt - now));
  }

  #oldest(): Sent | undefined {
    this.#forgetAnswered();
    return this.#sent[this.#first];
  }

  #forgetAnswered(): void {
    while (this.#first < this.#sent.length && this.#sent[this.#first]?.giveUp === null) this.#first += 1;
    if (this.#first < this.#sent.length && this.#first < FORGET_AT) return;
    this.#sent = this.#first === this.#sent.length ? [] : this.#sent.slice(this.#first);
    this.#first = 0;
  }
}

/** Answered calls that are kept before the list is cut. */
const FORGET_AT = 64;

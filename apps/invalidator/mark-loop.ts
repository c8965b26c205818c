import { codeOf, fateOf, type Clock, type Timer } from '@porchlight/stream';

export interface MarkLoopPorts {
  readonly clock: Clock;
  /** From the begin of one round to that of the next; a round that takes longer is followed at once. */
  readonly everyMs: number;
  readonly round: () => Promise<void>;
  /** Rounds fail, or no longer do: each told once. */
  readonly onWaiting: (code: string) => void;
  readonly onRecovered: () => void;
  /** An error that no wait mends. */
  readonly onFatal: (error: unknown) => void;
}

/** The rounds of marks, one after the other, until it is stopped. */
export class MarkLoop {
  readonly #ports: MarkLoopPorts;
  #timer: Timer | undefined;
  #running: Promise<void> = Promise.resolve();
  #stopped = false;
  #isWaiting = false;

  constructor(ports: MarkLoopPorts) {
    this.#ports = ports;
    this.#schedule(ports.everyMs);
  }

  /** Resolves after the end of the round that runs. */
  stop(): Promise<void> {
    this.#stopped = true;
    this.#timer?.cancel();
    return this.#running;
  }

  #schedule(waitMs: number): void {
    if (this.#stopped) return;
    this.#timer = this.#ports.clock.after(waitMs, () => {
      this.#running = this.#run();
    });
  }

  async #run(): Promise<void> {
    const { clock, everyMs } = this.#ports;
    const begunAt = clock.now();
    await this.#tryRound();
    // A clock that was set back meanwhile must not put the next round off.
    const tookMs = Math.max(0, clock.now() - begunAt);
    this.#schedule(Math.max(1, everyMs - tookMs));
  }

  async #tryRound(): Promise<void> {
    const { round, onWaiting, onRecovered, onFatal } = this.#ports;
    try {
      await round();
      if (this.#isWaiting) onRecovered();
      this.#isWaiting = false;
    } catch (error) {
      if (fateOf(error) === 'crash') {
        this.#stopped = true;
        return onFatal(error);
      }
      if (!this.#isWaiting) onWaiting(codeOf(error, 'UNKNOWN'));
      this.#isWaiting = true;
    }
  }
}

import { backOffMs } from '../back-off.ts';
import { codeOf, fateOf } from '../fate.ts';
import type { TopicPartition } from '../port.ts';
import type { LanePorts } from './lane-ports.ts';
import type { MaybePromise } from './maybe-promise.ts';

interface WaitPorts extends Pick<LanePorts, 'clock' | 'log' | 'settings'> {
  readonly at: TopicPartition;
  /** A wait began or is over: the partition pauses, or may go on. */
  readonly onChange: () => void;
}

/** What one partition waits for: the back-off of each record whose dependency is down, and the one name that is told for all. */
export class LaneWaits {
  readonly #ports: WaitPorts;
  readonly #waits = new Map<symbol, (goOn: boolean) => void>();
  #waitingFor: string | null = null;

  constructor(ports: WaitPorts) {
    this.#ports = ports;
  }

  /** True while somebody backs off: the partition is paused and begins nothing. */
  get any(): boolean {
    return this.#waits.size > 0;
  }

  /** The code of the dependency, from the first failure to the first success after it. */
  get waitingFor(): string | null {
    return this.#waitingFor;
  }

  /** @returns true after the back-off of this attempt; false if `endAll` ended it */
  async backOff(attempt: number, code: string): Promise<boolean> {
    this.#say(code);
    const id = Symbol('wait');
    const { clock, settings, onChange } = this.#ports;
    const limits = { firstMs: settings.retryFirstMs, mostMs: settings.retryMostMs };
    const goOn = await new Promise<boolean>((end) => {
      const timer = clock.after(backOffMs(limits, attempt), () => end(true));
      this.#waits.set(id, (value) => (timer.cancel(), end(value)));
      onChange();
    });
    this.#waits.delete(id);
    return goOn;
  }

  /**
   * Runs it until it succeeds, backing off while a dependency is down.
   *
   * @param isWanted  asked before each try
   * @returns false if it was not wanted any more
   * @throws  any error whose fate is not `retry`
   */
  async untilDone(run: () => MaybePromise<void>, isWanted: () => boolean, codeOtherwise: string): Promise<boolean> {
    for (let attempt = 1; isWanted(); attempt += 1) {
      try {
        await run();
        if (attempt > 1) this.recovered();
        return true;
      } catch (error) {
        if (fateOf(error) !== 'retry') throw error;
        await this.backOff(attempt, codeOf(error, codeOtherwise));
      }
    }
    return false;
  }

  /** The dependency answered. */
  recovered(): void {
    if (this.#waitingFor === null) return;
    this.#ports.log.info('no longer waiting', { ...this.#ports.at, waitedFor: this.#waitingFor });
    this.#waitingFor = null;
    this.#ports.onChange();
  }

  /** The partition is taken away: nobody waits any longer. */
  endAll(): void {
    for (const end of this.#waits.values()) end(false);
    this.#waits.clear();
    this.#waitingFor = null;
  }

  #say(code: string): void {
    if (this.#waitingFor === code) return;
    this.#waitingFor = code;
    this.#ports.log.warn('waiting for a dependency', { ...this.#ports.at, waitingFor: code });
  }
}

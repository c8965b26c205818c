import type { Clock, Timer } from '../clock.ts';

/** What a window must not overlap, and what it does. */
interface WindowPorts {
  readonly clock: Clock;
  readonly everyMs: number;
  /** True while no process call and no commit of the task is under way. */
  canRun(): boolean;
  /** Runs the window and settles its errors. */
  run(): Promise<void>;
  /** The window has ended: records may begin, a commit may include the task. */
  onEnd(): void;
}

/** The recurring window of one task: due by the clock, run when nothing of the task is running. */
export class WindowTimer {
  readonly #ports: WindowPorts;
  #timer: Timer | undefined;
  #due = false;
  #running: Promise<void> | undefined;
  #stopped = true;

  constructor(ports: WindowPorts) {
    this.#ports = ports;
  }

  /** A window that is due holds new records back, so that busy tasks get theirs too. */
  get holdsBack(): boolean {
    return this.#due || this.#running !== undefined;
  }

  /** The window that is running now, if one is. */
  get running(): Promise<void> | undefined {
    return this.#running;
  }

  start(): void {
    if (!this.#stopped) return;
    this.#stopped = false;
    this.#schedule();
  }

  stop(): void {
    this.#stopped = true;
    this.#due = false;
    this.#timer?.cancel();
  }

  /** Call whenever a process call or a commit has ended. */
  tryRun(): void {
    if (!this.#due || this.#stopped || this.#running !== undefined || !this.#ports.canRun()) return;
    this.#due = false;
    this.#running = this.#ports.run().finally(() => {
      this.#running = undefined;
      if (!this.#stopped) this.#schedule();
      this.#ports.onEnd();
    });
  }

  #schedule(): void {
    this.#timer?.cancel();
    this.#timer = this.#ports.clock.after(this.#ports.everyMs, () => {
      this.#due = true;
      this.tryRun();
    });
  }
}

import type { Clock } from '../clock.ts';

/** Those who wait for a lane to have nothing under way. One that gives up is forgotten: a lane that keeps up is never idle. */
export class IdleListeners {
  readonly #listeners = new Set<() => void>();

  get size(): number {
    return this.#listeners.size;
  }

  /** Resolves at the next `tell`. */
  next(): Promise<void> {
    return new Promise((resolve) => this.#listeners.add(resolve));
  }

  /** @returns true at the next `tell`, false once `limitMs` have passed without one */
  nextWithin(clock: Clock, limitMs: number): Promise<boolean> {
    return new Promise((resolve) => {
      const timer = clock.after(limitMs, () => {
        this.#listeners.delete(listener);
        resolve(false);
      });
      const listener = (): void => {
        timer.cancel();
        resolve(true);
      };
      this.#listeners.add(listener);
    });
  }

  tell(): void {
    const listeners = [...this.#listeners];
    this.#listeners.clear();
    for (const tell of listeners) tell();
  }
}

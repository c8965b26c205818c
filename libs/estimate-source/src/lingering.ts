import type { WaitClock } from './waiter.ts';

/**
 * Waits for others before a call begins, if others are likely to come: somebody came within the last `lingerMs`. One that comes
 * alone would wait for nobody.
 */
export function createLingering(lingerMs: number, clock: WaitClock) {
  let isOn = false;
  let isCrowded = false;
  let forget: { cancel(): void } | undefined;
  /** Those who came within one linger are a crowd to whoever comes next. */
  const note = (): void => {
    isCrowded = true;
    forget?.cancel();
    forget = clock.after(lingerMs, () => (isCrowded = false));
  };
  return {
    isOn: () => isOn,
    /** Calls `done` once after the wait; not again for those who come during it. */
    begin(done: () => void): void {
      const hadCompany = isCrowded;
      if (lingerMs > 0) note();
      if (isOn) return;
      isOn = true;
      const end = (): void => {
        isOn = false;
        done();
      };
      if (hadCompany) clock.after(lingerMs, end);
      else clock.soon(end);
    },
  };
}

/**
 * Loaded before a program (`node --import`): its wall clock can be stepped, as an operator or NTP steps a host's.
 *
 * Only what a program reads from `Date` is moved; timers and `performance` run on the monotonic clock, as on a real host.
 * The step stands in the environment at the start; SIGUSR2 reads it again from the file that CLOCK_STEP_FILE names.
 */
import { readFileSync } from 'node:fs';

const RealDate = Date;
let shiftMs = Number(process.env['CLOCK_STEP_MS'] ?? 0);

class SteppedDate extends RealDate {
  constructor(...given: unknown[]) {
    if (given.length === 0) super(RealDate.now() + shiftMs);
    else super(...(given as [number]));
  }
  static override now(): number {
    return RealDate.now() + shiftMs;
  }
}

globalThis.Date = SteppedDate as DateConstructor;

const file = process.env['CLOCK_STEP_FILE'];
if (file !== undefined) {
  const read = (): void => {
    shiftMs = Number(readFileSync(file, 'utf8'));
  };
  process.on('SIGUSR2', read);
}

/** Steps the wall clock of this process: so much off the real one from now on. */
export const stepClock = (ms: number): void => {
  shiftMs = ms;
};

import { failed, passed, warned, type Finding } from './finding.ts';

/** Two readings of one clock and when we asked for it and had it, by our own. UTC milliseconds. */
export interface ClockReading {
  readonly askedAt: number;
  readonly answeredAt: number;
  readonly theirs: number;
}

/** Deadlines of forecasts are seconds and are dated by the apps: half a second is felt, five make warm-ups late from the start. */
const SKEW_WARN_MS = 500;
const SKEW_FAIL_MS = 5_000;

/** @returns by how much their clock is ahead of ours at least, whatever the way took; 0 if it may be equal */
export function skewMsOf({ askedAt, answeredAt, theirs }: ClockReading): number {
  if (theirs > answeredAt) return theirs - answeredAt;
  return theirs < askedAt ? theirs - askedAt : 0;
}

/** @param server as `redis`: the check is called `clock redis` */
export function judgeClock(server: string, reading: ClockReading): Finding {
  const skewMs = skewMsOf(reading);
  const found =
    skewMs === 0 ? 'as this machine’s' : `${Math.abs(skewMs)} ms ${skewMs > 0 ? 'ahead of' : 'behind'} this machine’s`;
  const mend = `set the clocks by NTP (chronyc tracking) on this machine and on that of ${server}: deadlines and ages are dated by them`;
  if (Math.abs(skewMs) >= SKEW_FAIL_MS) return failed(`clock ${server}`, found, mend);
  return Math.abs(skewMs) >= SKEW_WARN_MS ? warned(`clock ${server}`, found, mend) : passed(`clock ${server}`, found);
}

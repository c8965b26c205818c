import type { Clock } from '@porchlight/stream';

/** One line in so long, whatever happens: whoever is woken needs one, and a lossy failover concerns every home. */
export const ALARM_EVERY_MS = 60_000;

export interface BehindAlarmPorts {
  readonly clock: Pick<Clock, 'now'>;
  /** @param homes how many were met since the last line */
  readonly onBehind: (homes: number) => void;
}

/**
 * Raises the alarm over homes whose facts in the database are older than what the cache has been told: the primary went back
 * (a restore, a lossy failover), and operators must raise the key generation.
 *
 * @returns told of homes as they are met
 */
export function createBehindAlarm({ clock, onBehind }: BehindAlarmPorts): (homes: number) => void {
  let untold = 0;
  let toldAt = Number.NEGATIVE_INFINITY;
  return (homes) => {
    untold += homes;
    if (untold === 0 || clock.now() - toldAt < ALARM_EVERY_MS) return;
    onBehind(untold);
    untold = 0;
    toldAt = clock.now();
  };
}

import type { Clock } from '@porchlight/stream';

/** How long upstream wants to be left alone; one for all partitions of a process, since its limit is one for all. */
export interface UpstreamPause {
  isOn(): boolean;
  /** After a 429: asks nothing for so long. The longest of several counts. */
  begin(pauseMs: number): void;
}

export function createUpstreamPause(clock: Pick<Clock, 'now'>): UpstreamPause {
  let untilAt = Number.NEGATIVE_INFINITY;
  return {
    isOn: () => clock.now() < untilAt,
    begin: (pauseMs) => void (untilAt = Math.max(untilAt, clock.now() + pauseMs)),
  };
}

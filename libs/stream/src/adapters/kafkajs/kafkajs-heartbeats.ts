import { delay, type Clock } from '../../clock.ts';
import type { GroupInside } from './kafkajs-inside.ts';

export interface HeartbeatOptions {
  readonly clock: Clock;
  readonly everyMs: number;
  /** Told of each that was not taken, and how long the answer took. */
  readonly onRefused: (error: unknown, tookMs: number) => void;
}

/**
 * Says that we live while something else is waited for: kafkajs sends no heartbeat in front of a join or a fetch.
 *
 * @returns ends it
 */
export function keepBeating(group: GroupInside, { clock, everyMs, onRefused }: HeartbeatOptions): () => void {
  let isOver = false;
  const beat = async (): Promise<void> => {
    for (await delay(clock, everyMs); !isOver; await delay(clock, everyMs)) {
      const askedAt = clock.now();
      await group.heartbeat({ interval: 0 }).catch((error: unknown) => onRefused(error, clock.now() - askedAt));
    }
  };
  void beat();
  return () => void (isOver = true);
}

import type { OutboxSession } from '@porchlight/property-catalog';
import type { Clock, Timer } from '@porchlight/stream';
import type { ChangeLog } from './change-log.ts';

interface Watch {
  readonly outbox: Pick<OutboxSession, 'ping'>;
  readonly log: Pick<ChangeLog, 'abandon'>;
  readonly clock: Clock;
  readonly pingMs: number;
}

/**
 * Waits for Kafka, and asks the session meanwhile: the server must not take it for hung, and if it has ended, so has the
 * lock. Then another relay publishes the same rows, and this one must not write them after it: the work is abandoned.
 *
 * @throws what `work` throws; or, if that is because it was abandoned, what the session said
 */
export async function keepingAlive<T>(work: Promise<T>, { outbox, log, clock, pingMs }: Watch): Promise<T> {
  let timer: Timer | undefined;
  let isOver = false;
  let ended: { error: unknown } | undefined;
  const askAgain = (): void => {
    if (!isOver) timer = clock.after(pingMs, () => void outbox.ping().then(askAgain, abandon));
  };
  const abandon = async (error: unknown): Promise<void> => {
    if (isOver) return;
    ended = { error };
    await log.abandon();
  };
  askAgain();
  try {
    return await work;
  } catch (error) {
    throw ended === undefined ? error : ended.error;
  } finally {
    isOver = true;
    timer?.cancel();
  }
}

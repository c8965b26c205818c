import { StreamError } from '@porchlight/stream';
import type { ChangeLog, ChangeRecord } from '../change-log.ts';

/** Kafka, for tests: keeps what it acknowledged; holds or refuses when told. */
export function memoryChangeLog(counts: Record<string, number>) {
  const written: ChangeRecord[] = [];
  let held: { records: readonly ChangeRecord[]; resolve: () => void; reject: (error: Error) => void }[] = [];
  let isHeld = false;
  let isDown = false;
  let partitionReads = 0;
  const down = (): StreamError => new StreamError('KAFKA_UNAVAILABLE', 'retry', 'no broker answers');

  const log: ChangeLog = {
    async publish(records) {
      if (isDown) throw down();
      if (isHeld) {
        await new Promise<void>((resolve, reject) => held.push({ records, resolve, reject }));
      }
      written.push(...records);
    },
    async partitions() {
      if (isDown) throw down();
      partitionReads += 1;
      return { ...counts };
    },
    async abandon() {
      const abandoned = held;
      held = [];
      abandoned.forEach(({ reject }) => reject(down()));
    },
    close: () => log.abandon(),
  };
  return {
    log,
    written,
    counts,
    partitionReads: () => partitionReads,
    /** From now on nothing is acknowledged until `release`. */
    hold: (): void => void (isHeld = true),
    heldCount: (): number => held.length,
    release: (): void => {
      isHeld = false;
      const released = held;
      held = [];
      released.forEach(({ resolve }) => resolve());
    },
    setDown: (value: boolean): void => void (isDown = value),
  };
}

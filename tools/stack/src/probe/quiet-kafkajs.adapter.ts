import { createRequire } from 'node:module';

interface RequestQueue {
  pending: unknown[];
  throttledUntil: number;
}
type Schedule = (this: RequestQueue) => unknown;

let quiet = false;

/**
 * kafkajs arms a timer for requests that wait even when none do, with a negative time, every millisecond: 4 % of a core
 * and a warning on the terminal. With nothing pending and no throttling there is nothing to check.
 */
export function quietKafkajs(): void {
  if (quiet) return;
  quiet = true;
  process.env.KAFKAJS_NO_PARTITIONER_WARNING = '1';
  const queue = createRequire(import.meta.url)('kafkajs/src/network/requestQueue') as {
    prototype: { scheduleCheckPendingRequests: Schedule };
  };
  const schedule = queue.prototype.scheduleCheckPendingRequests;
  queue.prototype.scheduleCheckPendingRequests = function scheduleWhenNeeded(this: RequestQueue) {
    if (this.pending.length === 0 && this.throttledUntil <= Date.now()) return undefined;
    return schedule.call(this);
  };
}

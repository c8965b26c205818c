import { SOURCE_ITEMS_MAX, SYNC_QUEUE_MS, SYNC_TIMEOUT_MS } from './limits.ts';
import type { EstimateSource } from './port.ts';
import { SourceOverloaded, SourceUnavailable } from './source-errors.ts';
import { createWaiter, timerClock, type WaitClock, type Waiter } from './waiter.ts';

export interface BatchingOptions {
  /** How long the first caller of a batch waits for others, milliseconds. */
  readonly lingerMs: number;
  /** Ids in one upstream call, 1..100. */
  readonly itemsMax?: number;
  /** Upstream calls at once; further batches wait. */
  readonly requestsInFlightMax: number;
  /** Callers that may wait for a call to begin. Default WAITERS_MAX. */
  readonly waitersMax?: number;
  /** How long a caller waits for its call to begin, and never longer than its own time-out. Default SYNC_QUEUE_MS. */
  readonly queueMs?: number;
  /** The time-out of a call whose callers do not say; the longest of its callers' counts. Default SYNC_TIMEOUT_MS. */
  readonly timeoutMs?: number;
  /** Default: the machine's timers. */
  readonly clock?: WaitClock;
}

/** How many callers wait for a call to begin unless the options say otherwise. */
export const WAITERS_MAX = 1_000;

/**
 * Merges the fetches of concurrent callers into fewer upstream calls; each request costs money, whatever it carries.
 *
 * Callers are served in the order in which they came, and the ids of one caller stay in one call. A home that two
 * callers of one batch ask for is asked for once. What goes wrong with a call reaches every caller in it. A caller that
 * leaves before its call has begun is not paid for; one that leaves later (signal) leaves the others alone. Time in the
 * queue does not count against the call: what is paid for is waited for.
 *
 * @throws {SourceOverloaded} when `waitersMax` callers wait already, or no call began within `queueMs`
 */
export function batchingSource(source: EstimateSource, options: BatchingOptions): EstimateSource {
  const {
    itemsMax = SOURCE_ITEMS_MAX,
    waitersMax = WAITERS_MAX,
    queueMs = SYNC_QUEUE_MS,
    timeoutMs: defaultTimeoutMs = SYNC_TIMEOUT_MS,
  } = options;
  const clock = options.clock ?? timerClock;
  let waiting: Waiter[] = [];
  let inFlight = 0;
  let isLingering = false;

  const send = async (batch: readonly Waiter[]): Promise<void> => {
    inFlight += 1;
    await callFor(source, batch);
    inFlight -= 1;
    if (!isLingering) flush({ fullOnly: false });
  };
  const flush = ({ fullOnly }: { fullOnly: boolean }): void => {
    waiting = waiting.filter((waiter) => !waiter.isSettled());
    while (inFlight < options.requestsInFlightMax && waiting.length > 0) {
      const { batch, isFull } = nextBatch(waiting, itemsMax);
      if (fullOnly && !isFull) return;
      waiting = waiting.slice(batch.length);
      void send(batch);
    }
  };
  const linger = (): void => {
    if (isLingering) return;
    isLingering = true;
    clock.after(options.lingerMs, () => {
      isLingering = false;
      flush({ fullOnly: false });
    });
  };
  return {
    async fetch(propertyIds, { timeoutMs = defaultTimeoutMs, signal, queueMs: ownQueueMs = queueMs } = {}) {
      if (propertyIds.length < 1 || propertyIds.length > itemsMax) {
        throw new RangeError(`1..${itemsMax} ids a call, not ${propertyIds.length}`);
      }
      if (signal?.aborted === true) throw new SourceUnavailable('the caller left');
      waiting = waiting.filter((waiter) => !waiter.isSettled());
      if (waiting.length >= waitersMax) throw new SourceOverloaded(`${waitersMax} callers wait already`);
      const waiter = createWaiter({
        propertyIds,
        timeoutMs,
        queueMs: Math.min(queueMs, ownQueueMs, timeoutMs),
        signal,
        clock,
      });
      waiting.push(waiter);
      flush({ fullOnly: true });
      if (waiting.length > 0) linger();
      return await waiter.answer;
    },
  };
}

/** The longest run of callers from the front whose distinct ids fit; the first always does. */
function nextBatch(waiting: readonly Waiter[], itemsMax: number): { batch: Waiter[]; isFull: boolean } {
  const ids = new Set<string>();
  const batch: Waiter[] = [];
  for (const waiter of waiting) {
    const added = waiter.propertyIds.filter((id) => !ids.has(id));
    if (ids.size + new Set(added).size > itemsMax) return { batch, isFull: true };
    for (const id of added) ids.add(id);
    batch.push(waiter);
  }
  return { batch, isFull: ids.size === itemsMax };
}

/** One upstream call for a batch; never rejects. Ended early once all of its callers have left. */
async function callFor(source: EstimateSource, batch: readonly Waiter[]): Promise<void> {
  const propertyIds = [...new Set(batch.flatMap((waiter) => waiter.propertyIds))];
  const timeoutMs = Math.max(...batch.map((waiter) => waiter.timeoutMs));
  const abort = new AbortController();
  for (const waiter of batch) {
    waiter.begin();
    waiter.onLeave(() => {
      if (batch.every((each) => each.isSettled())) abort.abort();
    });
  }
  try {
    const answer = await source.fetch(propertyIds, { timeoutMs, signal: abort.signal });
    for (const waiter of batch) waiter.succeed(answer);
  } catch (error) {
    for (const waiter of batch) waiter.fail(error);
  }
}

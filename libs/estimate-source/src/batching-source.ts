import { createLaneQueue, LANES } from './lane-queue.ts';
import { SOURCE_ITEMS_MAX, SYNC_QUEUE_MS, SYNC_TIMEOUT_MS } from './limits.ts';
import { createLingering } from './lingering.ts';
import type { EstimateSource, Lane } from './port.ts';
import { SourceOverloaded, SourceUnavailable } from './source-errors.ts';
import { createWaiter, timerClock, type WaitClock, type Waiter } from './waiter.ts';

export interface BatchingOptions {
  /** How long the first caller of a batch waits for others while they come close together, milliseconds; alone it does not wait. */
  readonly lingerMs: number;
  /** Ids in one upstream call, 1..100. */
  readonly itemsMax?: number;
  /** Upstream calls at once; further batches wait. */
  readonly requestsInFlightMax: number;
  /** How many of them may be of the background lane. Default: half of them, at least one. */
  readonly backgroundInFlightMax?: number;
  /** Callers that may wait for a call to begin. Default WAITERS_MAX. */
  readonly waitersMax?: number;
  /** How long a caller waits for its call to begin, and never longer than its own time-out. Default SYNC_QUEUE_MS. */
  readonly queueMs?: number;
  /** The time-out of a call whose callers do not say; the longest of its callers' counts. Default SYNC_TIMEOUT_MS. */
  readonly timeoutMs?: number;
  /** The lane of callers that do not say. Default: `user`. */
  readonly lane?: Lane;
  /** Default: the machine's timers. */
  readonly clock?: WaitClock;
  /** Told who shares a call, for traces. Default: nobody is. */
  readonly merged?: MergedCalls | undefined;
}

/** Whoever follows callers into the calls that they share. Must not throw, and hands on what `run` returns. */
export interface MergedCalls {
  /** Asked as a caller comes. @returns what `call` gets for it */
  joins(): unknown;
  /** Runs a call that is made for those who joined. */
  call<T>(joined: readonly unknown[], homes: number, run: () => T): T;
}

export interface BatchingSource extends EstimateSource {
  /** Upstream calls under way. */
  readonly inFlight: () => number;
  /** Callers that wait for a call to begin. */
  readonly waiting: () => number;
}

/** How many callers wait for a call to begin unless the options say otherwise. */
export const WAITERS_MAX = 1_000;

/**
 * Merges the fetches of concurrent callers into fewer upstream calls; each request costs money, whatever it carries.
 *
 * Users go first: what nobody waits for begins only when no user waits for a call, and holds a part of the calls at once. Within
 * a lane callers are served in the order in which they came, and the ids of one caller stay in one call. A home that two
 * callers of one batch ask for is asked for once. What goes wrong with a call reaches every caller in it. A caller that
 * leaves before its call has begun is not paid for; one that leaves later (signal) leaves the others alone. Time in the
 * queue does not count against the call: what is paid for is waited for.
 *
 * Lingering is for crowds. Whoever comes when nobody came just before waits for the end of this turn of the event loop alone,
 * which those who ask together share.
 *
 * @throws {SourceOverloaded} when `waitersMax` callers wait already, or no call began within `queueMs`
 */
export function batchingSource(source: EstimateSource, options: BatchingOptions): BatchingSource {
  const { itemsMax = SOURCE_ITEMS_MAX, waitersMax = WAITERS_MAX, queueMs = SYNC_QUEUE_MS } = options;
  const { timeoutMs: defaultTimeoutMs = SYNC_TIMEOUT_MS, lane: defaultLane = 'user' } = options;
  const { clock = timerClock, merged } = options;
  const queue = createLaneQueue(options);
  const lingering = createLingering(options.lingerMs, clock);

  const send = async (batch: readonly Waiter[], lane: Lane): Promise<void> => {
    queue.begin(lane);
    await callFor(source, { batch, lane, merged });
    queue.end(lane);
    if (!lingering.isOn()) flush({ fullOnly: false });
  };
  const flush = ({ fullOnly }: { fullOnly: boolean }): void => {
    for (const lane of LANES) {
      while (queue.hasRoom(lane)) {
        const { batch, isFull } = nextBatch(queue.waiting(lane), itemsMax);
        if (batch.length === 0 || (fullOnly && !isFull)) break;
        queue.take(lane, batch.length);
        void send(batch, lane);
      }
    }
  };
  return {
    inFlight: () => queue.inFlight(),
    waiting: () => queue.size(),
    async fetch(propertyIds, fetchOptions = {}) {
      const { timeoutMs = defaultTimeoutMs, signal, queueMs: ownQueueMs = queueMs, lane = defaultLane } = fetchOptions;
      if (propertyIds.length < 1 || propertyIds.length > itemsMax) {
        throw new RangeError(`1..${itemsMax} ids a call, not ${propertyIds.length}`);
      }
      if (signal?.aborted === true) throw new SourceUnavailable('the caller left', { kind: 'left' });
      // What nobody waits for takes no place from users, however much of it there is.
      const before = lane === 'user' ? queue.waiting('user').length : queue.size();
      if (before >= waitersMax) throw new SourceOverloaded(`${waitersMax} callers wait already`);
      const ownLimitMs = Math.min(queueMs, ownQueueMs, timeoutMs);
      const waiter = createWaiter({
        propertyIds,
        timeoutMs,
        queueMs: ownLimitMs,
        signal,
        clock,
        joined: merged?.joins(),
      });
      queue.add(lane, waiter);
      flush({ fullOnly: true });
      if (queue.size() > 0) lingering.begin(() => flush({ fullOnly: false }));
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
async function callFor(
  source: EstimateSource,
  { batch, lane, merged }: { batch: readonly Waiter[]; lane: Lane; merged: MergedCalls | undefined },
): Promise<void> {
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
    const fetch = () => source.fetch(propertyIds, { timeoutMs, signal: abort.signal, lane });
    const joined = batch.map((waiter) => waiter.joined);
    const answer = await (merged === undefined ? fetch() : merged.call(joined, propertyIds.length, fetch));
    for (const waiter of batch) waiter.succeed(answer);
  } catch (error) {
    for (const waiter of batch) waiter.fail(error);
  }
}

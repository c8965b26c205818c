import {
  topics,
  type FetchedHome,
  type RequestedHome,
  type WarmupEstimates,
  type WarmupRequests,
} from '@porchlight/contracts';
import type { EstimateCache, WriterProgress } from '@porchlight/estimate-cache';
import { SourceError, SourceThrottled, WARM_TIMEOUT_MS, type EstimateSource } from '@porchlight/estimate-source';
import type { SourceAnswer } from '@porchlight/estimate-source';
import type { Clock, Collector, StreamRecord, TaskDefinition, Topic } from '@porchlight/stream';
import { PartitionsDiffer } from './partitions-differ.ts';
import { createWriterWatch, type WriterWatch } from './writer-watch.ts';

export type FetcherOutcome = 'fetched' | 'none' | 'worthless' | 'throttled' | 'failed';

export interface DataFetcherPorts {
  readonly cache: Pick<EstimateCache, 'recheck' | 'release'>;
  readonly progress: Pick<WriterProgress, 'alive'>;
  /** Merges the fetches of concurrent records. */
  readonly source: EstimateSource;
  /** When the paid call for a home began; undefined if nobody noted it. */
  readonly takeAskedAt: (propertyId: string) => number | undefined;
  readonly clock: Pick<Clock, 'now'>;
  /** Records of one partition that are worked on at once: order is given up, so that they share paid calls. */
  readonly concurrentRecordsMax: number;
  readonly count: (outcome: FetcherOutcome, homes: number) => void;
  /** Other topics for tests on a shared Kafka. */
  readonly streams?: { input: Topic<WarmupRequests>; output: Topic<WarmupEstimates> };
}

type Requests = StreamRecord<WarmupRequests>;

/** What upstream answered, home by home. Every home asked for is in the answer. */
function fetchedHomes(items: readonly RequestedHome[], answer: SourceAnswer, fetchedAt: number): FetchedHome[] {
  return items.map((item) => ({ ...item, estimate: answer.estimates.get(item.propertyId) ?? null, fetchedAt }));
}

/** When the first paid call for these homes began. */
function firstAskedAt(items: readonly RequestedHome[], takeAskedAt: DataFetcherPorts['takeAskedAt']): number | null {
  const asked = items.map(({ propertyId }) => takeAskedAt(propertyId)).filter((at) => at !== undefined);
  return asked.length === 0 ? null : Math.min(...asked);
}

/** One partition's fetcher. */
class Fetcher {
  readonly #ports: DataFetcherPorts;
  readonly #watch: WriterWatch;
  /** Until then upstream wants to be left alone. Warm-ups are shed first; a user's miss is not ours to hold back. */
  #throttledUntilAt = Number.NEGATIVE_INFINITY;

  constructor(ports: DataFetcherPorts, partition: number) {
    this.#ports = ports;
    this.#watch = createWriterWatch(ports, partition);
  }

  async process(record: Requests, collector: Collector): Promise<void> {
    const { clock } = this.#ports;
    await this.#watch.check();
    const items = await this.#worthPaying(record.value.items);
    if (items.length === 0) return collector.drop('worthless');
    if (clock.now() < this.#throttledUntilAt) return this.#giveUp(items, 'throttled', collector);
    try {
      const answer = await this.#ports.source.fetch(
        items.map(({ propertyId }) => propertyId),
        { timeoutMs: WARM_TIMEOUT_MS },
      );
      this.#send(record, fetchedHomes(items, answer, clock.now()), collector);
    } catch (error) {
      if (!(error instanceof SourceError)) throw error;
      if (error instanceof SourceThrottled) this.#throttledUntilAt = clock.now() + error.retryAfterMs;
      await this.#giveUp(items, 'failed', collector);
    }
  }

  /** One pipeline asks for all: a ticket may have been stolen, fenced or answered since it was drawn. */
  async #worthPaying(items: readonly RequestedHome[]): Promise<RequestedHome[]> {
    const asked = items.map(({ propertyId, ticket, facts }) => ({
      propertyId,
      ticket,
      visibilityVersion: facts.visibilityVersion,
    }));
    const worthy = await this.#ports.cache.recheck(asked);
    const kept = items.filter((_, at) => worthy[at] === true);
    this.#ports.count('worthless', items.length - kept.length);
    return kept;
  }

  /**
   * Upstream is in trouble: not tried again. A retry would hold a slot until the deadline and add to the trouble; the
   * back-off lease lets the next one who needs the home try in half a second.
   */
  async #giveUp(items: readonly RequestedHome[], why: 'failed' | 'throttled', collector: Collector): Promise<void> {
    const { cache, count } = this.#ports;
    await cache.release(items.map(({ propertyId, ticket }) => ({ propertyId, nonce: ticket.nonce, backOff: true })));
    count(why, items.length);
    collector.drop(why === 'failed' ? 'upstream-failed' : 'upstream-throttled');
  }

  #send(record: Requests, items: FetchedHome[], collector: Collector): void {
    const { count, streams, takeAskedAt } = this.#ports;
    const { forecastId, tile, viewedAt } = record.value;
    const none = items.filter(({ estimate }) => estimate === null).length;
    count('none', none);
    count('fetched', items.length - none);
    const value = { forecastId, tile, items, viewedAt, askedAt: firstAskedAt(items, takeAskedAt) };
    collector.send(streams?.output ?? topics.warmupEstimates, record.key ?? tile, value);
  }
}

/**
 * Fetches estimates for tickets, in paid batches.
 *
 * In    warmup.requests, by tile; order given up
 * Out   warmup.estimates, same key and partition number
 * Loss  a crash after paying and before the record's commit pays again, if nobody filled meanwhile; an upstream error costs the
 *       homes of the record their warm-up, nothing else
 */
export function createDataFetcher(ports: DataFetcherPorts): TaskDefinition<WarmupRequests> {
  const { partitions: requests } = topics.warmupRequests;
  const { partitions: estimates } = topics.warmupEstimates;
  if (requests !== estimates) throw new PartitionsDiffer(requests, estimates);
  return {
    inputs: [ports.streams?.input ?? topics.warmupRequests],
    order: { concurrentRecordsMax: ports.concurrentRecordsMax },
    startFrom: 'latest',
    deadlineOf: ({ deadlineAt }) => deadlineAt,
    createTask: ({ partition }) => new Fetcher(ports, partition),
  };
}

import {
  topics,
  type FetchedHome,
  type RequestedHome,
  type WarmupEstimates,
  type WarmupRequests,
} from '@porchlight/contracts';
import {
  CacheUnavailable,
  leavesBackOff,
  partialAnswers,
  type AnswersOf,
  type EstimateCache,
  type WriterProgress,
} from '@porchlight/estimate-cache';
import {
  SOURCE_ITEMS_MAX,
  SourceError,
  SourceNotAsked,
  WARM_TIMEOUT_MS,
  type DisciplinedSource,
  type EstimateSource,
  type SourceAnswer,
} from '@porchlight/estimate-source';
import type { CatchUp, Clock, Collector, StreamRecord, TaskDefinition, Topic } from '@porchlight/stream';
import { OutputsBlocked } from './outputs-blocked.ts';
import { PartitionsDiffer } from './partitions-differ.ts';
import { createWriterWatch, type WriterWatch } from './writer-watch.ts';

export type FetcherOutcome = 'fetched' | 'none' | 'worthless' | 'late' | 'throttled' | 'failed';

export interface DataFetcherPorts {
  readonly cache: Pick<EstimateCache, 'recheck' | 'release'>;
  /** Which homes were answered. Default: `partialAnswers`, for a Redis of one node. */
  readonly answersOf?: AnswersOf;
  readonly progress: Pick<WriterProgress, 'alive'>;
  /** Merges the fetches of concurrent records. */
  readonly source: EstimateSource;
  /** Whether upstream would be asked now: the discipline below the queue, one for all partitions of the process. */
  readonly upstream: Pick<DisciplinedSource, 'refusalOf'>;
  /** True while Kafka takes no outputs: nothing is paid for that could not be handed on. */
  readonly outputsBlocked: () => boolean;
  readonly clock: Pick<Clock, 'now'>;
  /** Records of one partition that are worked on at once: order is given up, so that they share paid calls. */
  readonly concurrentRecordsMax: number;
  readonly count: (outcome: FetcherOutcome, homes: number) => void;
  /** What becomes of a backlog; default: all of it is done. */
  readonly catchUp?: CatchUp;
  /** Other topics for tests on a shared Kafka. */
  readonly streams?: { input: Topic<WarmupRequests>; output: Topic<WarmupEstimates> };
}

type Requests = StreamRecord<WarmupRequests>;

/** Why homes were given up: upstream failed, or it was not asked, for them or any more. */
type GivenUp = 'failed' | 'throttled' | 'late';

const dropReasons = { failed: 'upstream-failed', throttled: 'upstream-throttled', late: 'late' } as const;

/** What upstream answered, home by home. Every home asked for is in the answer. */
function fetchedHomes(items: readonly RequestedHome[], answer: SourceAnswer, fetchedAt: number): FetchedHome[] {
  return items.map((item) => ({ ...item, estimate: answer.estimates.get(item.propertyId) ?? null, fetchedAt }));
}

/** A paid call carries so many homes; a record with more, which the contract forbids, costs more calls and not the process. */
const paidChunksOf = (items: readonly RequestedHome[]): (readonly RequestedHome[])[] =>
  Array.from({ length: Math.ceil(items.length / SOURCE_ITEMS_MAX) }, (_, at) =>
    items.slice(at * SOURCE_ITEMS_MAX, (at + 1) * SOURCE_ITEMS_MAX),
  );

/** One partition's fetcher. */
class Fetcher {
  readonly #ports: DataFetcherPorts;
  readonly #watch: WriterWatch;

  constructor(ports: DataFetcherPorts, partition: number) {
    this.#ports = ports;
    this.#watch = createWriterWatch(ports, partition);
  }

  async process(record: Requests, collector: Collector): Promise<void> {
    if (this.#ports.outputsBlocked()) throw new OutputsBlocked();
    await this.#watch.check();
    const items = await this.#worthPaying(record.value.items);
    if (items.length === 0) return collector.drop('worthless');
    const ends = await Promise.all(paidChunksOf(items).map((chunk) => this.#fetch(record, chunk, collector)));
    const [first] = ends;
    if (first !== undefined && first !== 'sent' && !ends.includes('sent')) collector.drop(dropReasons[first]);
  }

  /** One call, shared with the other records of the moment, and what becomes of its homes. */
  async #fetch(record: Requests, items: readonly RequestedHome[], collector: Collector): Promise<GivenUp | 'sent'> {
    const { clock, upstream, source } = this.#ports;
    // Asked again here, and by the queue until its call begins: what was in time when the record began may be late by now.
    const leftMs = record.value.deadlineAt - clock.now();
    if (leftMs < 0) return this.#giveUp(items, 'late');
    // Warm-ups are shed first; a user's miss is not ours to hold back.
    if (upstream.refusalOf('background') !== null) return this.#giveUp(items, 'throttled');
    try {
      const answer = await source.fetch(
        items.map(({ propertyId }) => propertyId),
        { timeoutMs: WARM_TIMEOUT_MS, queueMs: leftMs, lane: 'background' },
      );
      this.#send(
        record,
        { items: fetchedHomes(items, answer, clock.now()), askedAt: answer.askedAt ?? null },
        collector,
      );
      return 'sent';
    } catch (error) {
      if (!(error instanceof SourceError)) throw error;
      if (!(error instanceof SourceNotAsked)) return this.#giveUp(items, 'failed');
      return this.#giveUp(items, clock.now() >= record.value.deadlineAt ? 'late' : 'throttled');
    }
  }

  /** One pipeline asks for all: a ticket may have been stolen, fenced or answered since it was drawn. */
  async #worthPaying(items: readonly RequestedHome[]): Promise<RequestedHome[]> {
    const asked = items.map(({ propertyId, ticket, facts }) => ({
      propertyId,
      ticket,
      visibilityVersion: facts.visibilityVersion,
    }));
    // A home whose node of Redis does not answer is not worth it either: nobody could keep what is paid for.
    const { cache, answersOf = partialAnswers } = this.#ports;
    const worthy = await answersOf(cache.recheck(asked), asked.length);
    const kept = items.filter((_, at) => worthy[at] === true);
    this.#ports.count('worthless', items.length - kept.length);
    return kept;
  }

  /**
   * Not tried again: a retry would hold a slot until the deadline and add to the trouble. Only a call that went out and
   * failed leaves a back-off lease: where upstream was not asked, the next one who needs the home may ask at once.
   */
  async #giveUp(items: readonly RequestedHome[], why: GivenUp): Promise<GivenUp> {
    const { cache, count } = this.#ports;
    const backOff = leavesBackOff(why === 'failed' ? 'failed' : 'not-asked');
    const leases = items.map(({ propertyId, ticket }) => ({ propertyId, nonce: ticket.nonce, backOff }));
    await cache.release(leases).catch((error: unknown) => {
      // The leases lapse by themselves; a retry would pay once more for the rest of the record.
      if (!(error instanceof CacheUnavailable)) throw error;
    });
    count(why, items.length);
    return why;
  }

  #send(record: Requests, { items, askedAt }: Pick<WarmupEstimates, 'items' | 'askedAt'>, collector: Collector): void {
    const { count, streams } = this.#ports;
    const { forecastId, tile, viewedAt } = record.value;
    const none = items.filter(({ estimate }) => estimate === null).length;
    count('none', none);
    count('fetched', items.length - none);
    const value = { forecastId, tile, items, viewedAt, askedAt };
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
    order: { concurrentRecordsMax: ports.concurrentRecordsMax, keyOrder: 'given-up' },
    startFrom: 'latest',
    catchUp: ports.catchUp ?? 'all',
    deadlineOf: ({ deadlineAt }) => deadlineAt,
    createTask: ({ partition }) => new Fetcher(ports, partition),
  };
}

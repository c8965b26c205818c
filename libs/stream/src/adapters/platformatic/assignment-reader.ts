import { delay, type Clock, type Timer } from '../../clock.ts';
import type { StreamLogger } from '../../log.ts';
import type { TopicPartition } from '../../port.ts';
import type { Delivery } from '../../run-loop/run-loop.ts';
import type { KafkaSettings } from '../kafkajs/kafkajs-settings.ts';
import { partitionFaultsOf } from './fetch-faults.ts';
import type { ClusterMetadata, FetchAnswer, FetchPartition, KafkaLink } from './kafka-link.ts';
import { nameOf } from '../../partition-name.ts';
import { isOutage, outageCode } from './platformatic-errors.ts';
import { fetchedRecordsOf, type FetchedRecords } from './platformatic-records.ts';

/** What the reader of one assignment needs. */
export interface ReaderPorts {
  readonly link: Pick<KafkaLink, 'fetch' | 'metadata' | 'forgetMetadata'>;
  readonly clock: Clock;
  readonly log: StreamLogger;
  readonly settings: KafkaSettings;
  /** Where each partition begins, or goes on when its offset is not in the log: all that are asked for. May take long, and may reject. */
  readonly starts: (
    partitions: readonly TopicPartition[],
    isWanted: () => boolean,
  ) => Promise<ReadonlyMap<string, bigint>>;
  readonly isPaused: (at: TopicPartition) => boolean;
  /** The end of a partition, as each fetch says it, also one that brought nothing. */
  readonly noteEnd: (at: TopicPartition, endOffset: bigint) => void;
  /** Nothing for us lies between what was delivered and here. */
  readonly notePassed: (at: TopicPartition, nextOffset: bigint) => void;
  readonly deliver: (at: TopicPartition, fetched: FetchedRecords, endOffset: bigint) => Delivery | null;
  readonly onFetch: () => void;
  readonly onFatal: (error: unknown) => void;
}

/** The place of one partition. */
interface Position extends TopicPartition {
  offset: bigint;
  /** Set while nothing is fetched: the last fetch failed, or was not taken. No instant, since a timer may run a millisecond before its time. */
  wait: Timer | null;
}

/**
 * Fetches for one assignment, from its beginning until it is ended: one long poll in flight at each broker that leads a partition which is not
 * paused, and none when all are. A partition that is slow is paused by the run loop and left out of the next poll, so it holds up no other.
 *
 * An answer that comes after `end` is dropped: it belongs to an assignment that is over.
 */
export class AssignmentReader {
  readonly #ports: ReaderPorts;
  readonly #partitions: readonly TopicPartition[];
  readonly #positions = new Map<string, Position>();
  readonly #polling = new Set<number>();
  #ended = false;
  #looking = false;
  #lookAgain = false;

  constructor(ports: ReaderPorts, partitions: readonly TopicPartition[]) {
    this.#ports = ports;
    this.#partitions = partitions;
  }

  /** Begins. Never rejects: it waits for what is away. */
  async start(): Promise<void> {
    const { clock, settings, starts, onFatal } = this.#ports;
    while (!this.#ended && this.#partitions.length > 0) {
      try {
        const offsets = await starts(this.#partitions, () => !this.#ended);
        for (const at of this.#partitions) {
          const offset = offsets.get(nameOf(at));
          if (offset !== undefined) this.#positions.set(nameOf(at), { ...at, offset, wait: null });
        }
        return this.wake();
      } catch (error) {
        if (this.#ended) return;
        if (!isOutage(error)) return onFatal(error);
        this.#ports.log.debug('the start of an assignment is not known yet', { code: outageCode(error) });
        await delay(clock, settings.retryFirstMs);
      }
    }
  }

  /** The assignment is over: nothing is asked for, and what comes yet is dropped. */
  end(): void {
    this.#ended = true;
  }

  /** Goes on from here. An answer that is on its way to another position is dropped when it comes. */
  seek(at: TopicPartition, offset: bigint): void {
    const position = this.#positions.get(nameOf(at));
    if (position !== undefined) position.offset = offset;
    this.wake();
  }

  /** Something may be fetched that could not be before: a partition has resumed, or a wait is over. */
  wake(): void {
    this.#lookAgain = true;
    if (!this.#looking) void this.#look();
  }

  async #look(): Promise<void> {
    this.#looking = true;
    try {
      while (this.#lookAgain && !this.#ended) {
        this.#lookAgain = false;
        if (this.#wanted().length > 0) await this.#pollWhereIdle();
      }
    } finally {
      this.#looking = false;
    }
  }

  #wanted(): Position[] {
    return [...this.#positions.values()].filter((at) => at.wait === null && !this.#ports.isPaused(at));
  }

  async #pollWhereIdle(): Promise<void> {
    let metadata: ClusterMetadata;
    try {
      metadata = await this.#ports.link.metadata(topicsOf(this.#partitions));
    } catch (error) {
      return this.#failed(error, this.#wanted());
    }
    if (this.#ended) return;
    for (const [node, positions] of byLeader(metadata, this.#wanted()))
      if (!this.#polling.has(node)) void this.#poll(node, positions, metadata);
  }

  async #poll(node: number, positions: readonly Position[], metadata: ClusterMetadata): Promise<void> {
    this.#polling.add(node);
    const asked = positions.map((at) => ({ at, offset: at.offset }));
    try {
      const answer = await this.#ports.link.fetch(node, requestOf(positions, metadata, this.#ports.settings));
      if (this.#ended) return;
      this.#ports.onFetch();
      this.#take(answer, asked, metadata);
    } catch (error) {
      if (!this.#ended) await this.#pollFailed(error, positions, metadata);
    } finally {
      this.#polling.delete(node);
      this.wake();
    }
  }

  #take(
    answer: FetchAnswer,
    asked: readonly { readonly at: Position; readonly offset: bigint }[],
    metadata: ClusterMetadata,
  ): void {
    for (const { topicId, partitions } of answer.responses) {
      for (const { partitionIndex, records, highWatermark } of partitions) {
        const found = asked.find(
          ({ at }) => at.partition === partitionIndex && metadata.topics.get(at.topic)?.id === topicId,
        );
        if (found === undefined) continue;
        const { at, offset } = found;
        this.#ports.noteEnd(at, highWatermark);
        // A position that has moved meanwhile is not this answer's.
        if (records == null || records.length === 0 || at.offset !== offset) continue;
        this.#advance(at, fetchedRecordsOf(at, records, offset), highWatermark);
      }
    }
  }

  /** Moves the position behind what was taken, and no further. */
  #advance(at: Position, fetched: FetchedRecords, endOffset: bigint): void {
    const newest = fetched.records.at(-1)?.offset;
    const where = { topic: at.topic, partition: at.partition };
    const taken = newest === undefined ? undefined : this.#ports.deliver(where, fetched, endOffset);
    if (taken === null) return this.#wait([at], this.#ports.settings.fetchWaitMs);
    at.offset = taken === undefined || taken.last === newest ? fetched.nextOffset : taken.last + 1n;
    if (at.offset === fetched.nextOffset) this.#ports.notePassed(where, at.offset);
  }

  /** One partition's error fails the whole answer: the others are asked for again at once, this one after a while. */
  async #pollFailed(error: unknown, positions: readonly Position[], metadata: ClusterMetadata): Promise<void> {
    const { log, link, settings, onFatal } = this.#ports;
    const faults = partitionFaultsOf(error, metadata);
    const faulty = positions.filter((at) => faults.has(nameOf(at)));
    if (faulty.length === 0) return this.#failed(error, positions);
    for (const at of faulty) {
      const fault = faults.get(nameOf(at));
      if (fault?.said === 'OFFSET_OUT_OF_RANGE') await this.#startAgain(at);
      else if (fault?.passes === true) this.#wait([at], settings.retryFirstMs);
      else return onFatal(error);
    }
    log.debug('a fetch failed', { code: outageCode(error) });
    link.forgetMetadata(); // another broker may lead by now
  }

  /** The log no longer holds the position: where to go on is decided as at the beginning, said and counted there. */
  async #startAgain(at: Position): Promise<void> {
    const { starts, settings, onFatal } = this.#ports;
    try {
      const offset = (await starts([at], () => !this.#ended)).get(nameOf(at));
      if (offset !== undefined) at.offset = offset;
    } catch (error) {
      if (!this.#ended && !isOutage(error)) return onFatal(error);
      this.#wait([at], settings.retryFirstMs);
    }
  }

  #failed(error: unknown, positions: readonly Position[]): void {
    const { log, link, settings, onFatal } = this.#ports;
    if (!isOutage(error)) return onFatal(error);
    log.debug('a fetch failed', { code: outageCode(error) });
    link.forgetMetadata();
    this.#wait(positions, settings.retryFirstMs);
  }

  #wait(positions: readonly Position[], waitMs: number): void {
    for (const at of positions) {
      at.wait?.cancel();
      at.wait = this.#ports.clock.after(waitMs, () => {
        at.wait = null;
        this.wake();
      });
    }
  }
}

const topicsOf = (partitions: readonly TopicPartition[]): string[] => [
  ...new Set(partitions.map(({ topic }) => topic)),
];

function byLeader(metadata: ClusterMetadata, positions: readonly Position[]): Map<number, Position[]> {
  const nodes = new Map<number, Position[]>();
  for (const at of positions) {
    const leader = metadata.topics.get(at.topic)?.partitions[at.partition]?.leader;
    if (leader === undefined) continue;
    const list = nodes.get(leader);
    if (list === undefined) nodes.set(leader, [at]);
    else list.push(at);
  }
  return nodes;
}

function requestOf(
  positions: readonly Position[],
  metadata: ClusterMetadata,
  settings: KafkaSettings,
): { topicId: string; partitions: FetchPartition[] }[] {
  const topics = new Map<string, FetchPartition[]>();
  for (const { topic, partition, offset } of positions) {
    const id = metadata.topics.get(topic)?.id;
    if (id === undefined) continue;
    const list = topics.get(id) ?? [];
    list.push({
      partition,
      fetchOffset: offset,
      currentLeaderEpoch: -1,
      lastFetchedEpoch: -1,
      partitionMaxBytes: settings.partitionFetchBytesMax,
    });
    topics.set(id, list);
  }
  return [...topics].map(([topicId, partitions]) => ({ topicId, partitions }));
}

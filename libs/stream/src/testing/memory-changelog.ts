import { StreamError } from '../errors.ts';
import { nameOf } from '../partition-name.ts';
import type { RawRecord, TopicPartition } from '../port.ts';
import type { ChangelogClient, ChangelogPiece, ChangelogRecord, ChangelogTopic } from '../state/changelog-client.ts';
import type { Clock } from '../clock.ts';

/** Records of one read: small, so that short tests meet the seams between reads too. */
const READ_RECORDS_MAX = 20;

interface Partition {
  records: RawRecord[];
  start: bigint;
  end: bigint;
}

/** The compacted topics of a log in memory; every topic is there, unless a test says how it was made. It outlives the apps that use it. */
export class MemoryChangelog implements ChangelogClient {
  /** Everything fails as if the brokers were down. */
  isDown = false;
  /** The next append is written, and its acknowledgement is lost. */
  losesNextAnswer = false;
  #appendsLeft = Infinity;
  /** Records that reads have given, to count what a restore read. */
  recordsRead = 0;
  readonly #clock: Clock;
  readonly #topics = new Map<string, ChangelogTopic | null>();
  readonly #partitionsOf: (topic: string) => number;
  #partitions = new Map<string, Partition>();

  constructor(clock: Clock, partitionsOf: (topic: string) => number) {
    this.#clock = clock;
    this.#partitionsOf = partitionsOf;
  }

  /** Goes down at the append after so many. */
  isDownAfter(appends: number): void {
    this.#appendsLeft = appends;
  }

  /** How a topic was made; null: not at all. Default: compacted, with the partitions of its group's input. */
  declare(topic: string, made: ChangelogTopic | null): void {
    this.#topics.set(topic, made);
  }

  async describe(topic: string): Promise<ChangelogTopic | null> {
    this.#mustBeUp();
    const declared = this.#topics.get(topic);
    if (declared !== undefined) return declared;
    return { partitions: this.#partitionsOf(topic), cleanupPolicy: 'compact' };
  }

  async bounds(at: TopicPartition): Promise<{ start: bigint; end: bigint }> {
    this.#mustBeUp();
    const { start, end } = this.#of(at);
    return { start, end };
  }

  async append(at: TopicPartition, records: readonly ChangelogRecord[]): Promise<bigint> {
    await Promise.resolve();
    if ((this.#appendsLeft -= 1) < 0) {
      this.#appendsLeft = Infinity;
      this.isDown = true;
    }
    this.#mustBeUp();
    const partition = this.#of(at);
    const first = partition.end;
    for (const record of records) {
      partition.records.push({ ...at, ...record, offset: partition.end, timestamp: this.#clock.now() });
      partition.end += 1n;
    }
    if (!this.losesNextAnswer) return first;
    this.losesNextAnswer = false;
    throw new StreamError('KAFKA_UNAVAILABLE', 'retry', 'the answer was lost');
  }

  async read(at: TopicPartition, from: bigint): Promise<ChangelogPiece> {
    await Promise.resolve();
    this.#mustBeUp();
    const { records, end } = this.#of(at);
    const found = records.filter(({ offset }) => offset >= from).slice(0, READ_RECORDS_MAX);
    this.recordsRead += found.length;
    const last = found.at(-1);
    const isAll = found.length < READ_RECORDS_MAX;
    return { records: found, nextOffset: isAll || last === undefined ? end : last.offset + 1n };
  }

  async close(): Promise<void> {
    // the log stays
  }

  /** As the broker's cleaner does: the last record of each key stays, at its offset; tombstones go. */
  compact(topic: string): void {
    for (const [name, partition] of this.#partitions) {
      if (!name.startsWith(`${topic}/`)) continue;
      const lastOf = new Map(partition.records.map(({ key, offset }) => [key?.toString('latin1'), offset]));
      partition.records = partition.records.filter(
        ({ key, offset, value }) => lastOf.get(key?.toString('latin1')) === offset && value !== null,
      );
    }
  }

  /** Takes away everything before an offset, as `DeleteRecords` does. */
  cut(at: TopicPartition, start: bigint): void {
    const partition = this.#of(at);
    partition.records = partition.records.filter(({ offset }) => offset >= start);
    partition.start = start;
  }

  /** The topic is deleted and made again, empty. */
  recreate(topic: string): void {
    this.#partitions = new Map([...this.#partitions].filter(([name]) => !name.startsWith(`${topic}/`)));
  }

  recordsOf(at: TopicPartition): readonly RawRecord[] {
    return this.#of(at).records;
  }

  #of(at: TopicPartition): Partition {
    const found = this.#partitions.get(nameOf(at)) ?? { records: [], start: 0n, end: 0n };
    this.#partitions.set(nameOf(at), found);
    return found;
  }

  #mustBeUp(): void {
    if (this.isDown) throw new StreamError('KAFKA_UNAVAILABLE', 'retry', 'the changelog is down');
  }
}

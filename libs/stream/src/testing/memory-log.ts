import type { OutgoingRecord } from '../run-loop/output-batcher.ts';
import { nameOf } from '../partition-name.ts';
import type { RawRecord, TopicPartition } from '../port.ts';

/** A member of a group in memory: what the log calls at a rebalance. */
export interface MemoryMember {
  readonly topics: readonly string[];
  revoke(): Promise<void>;
  assign(partitions: readonly TopicPartition[]): void;
  /** New records may be there. */
  wake(): void;
}

/** As the group wrote it; `metadata` is null for one that was set from outside. */
export interface CommittedOffset {
  readonly nextOffset: bigint;
  readonly metadata: string | null;
}

/** A log in memory: topics of partitions of records, committed offsets, groups that rebalance eagerly as the classic protocol does. */
export class MemoryLog {
  readonly #records = new Map<string, RawRecord[]>();
  readonly #partitions = new Map<string, number>();
  readonly #committed = new Map<string, Map<string, CommittedOffset>>();
  /** By partition: the first offset that retention has left. */
  readonly #earliest = new Map<string, bigint>();
  readonly #members = new Map<string, MemoryMember[]>();
  #rebalancing: Promise<void> = Promise.resolve();

  /** Creates a topic; one that is only named somewhere has a single partition. */
  createTopic(topic: string, partitions: number): void {
    this.#partitions.set(topic, partitions);
  }

  partitionsOf(topic: string): number {
    return this.#partitions.get(topic) ?? 1;
  }

  /** @returns the offset of the new record */
  append(at: TopicPartition, record: Omit<RawRecord, 'topic' | 'partition' | 'offset'>): bigint {
    const records = this.read(at);
    const offset = BigInt(records.length);
    records.push({ ...record, topic: at.topic, partition: at.partition, offset });
    for (const members of this.#members.values()) members.forEach((member) => member.wake());
    return offset;
  }

  /** Appends an output; all of one key go to one partition, though not to the one that Kafka's hash would choose. */
  produce(record: OutgoingRecord, now: number): void {
    const partition = keyHash(record.key) % this.partitionsOf(record.topic);
    const headers = Object.fromEntries(
      Object.entries(record.headers).map(([name, value]) => [name, Buffer.from(value)]),
    );
    this.append({ topic: record.topic, partition }, { key: record.key, value: record.value, headers, timestamp: now });
  }

  read(at: TopicPartition): RawRecord[] {
    const name = nameOf(at);
    const records = this.#records.get(name) ?? [];
    this.#records.set(name, records);
    return records;
  }

  /** All records of a topic, partition after partition. */
  readTopic(topic: string): RawRecord[] {
    return Array.from({ length: this.partitionsOf(topic) }, (_, partition) => this.read({ topic, partition })).flat();
  }

  /** Forgets all records before an offset, as retention does. */
  deleteBefore(at: TopicPartition, offset: bigint): void {
    this.#earliest.set(nameOf(at), offset);
  }

  earliest(at: TopicPartition): bigint {
    return this.#earliest.get(nameOf(at)) ?? 0n;
  }

  committed(groupId: string, at: TopicPartition): bigint | undefined {
    return this.commitOf(groupId, at)?.nextOffset;
  }

  commitOf(groupId: string, at: TopicPartition): CommittedOffset | undefined {
    return this.#committed.get(groupId)?.get(nameOf(at));
  }

  /** Writes a committed offset, also backwards: a group that joins then reads again what it had done. */
  commit(groupId: string, at: TopicPartition, nextOffset: bigint, metadata: string | null = null): void {
    const offsets = this.#committed.get(groupId) ?? new Map<string, CommittedOffset>();
    this.#committed.set(groupId, offsets.set(nameOf(at), { nextOffset, metadata }));
  }

  join(groupId: string, member: MemoryMember): Promise<void> {
    return this.#change(groupId, (members) => [...members, member]);
  }

  leave(groupId: string, member: MemoryMember): Promise<void> {
    return this.#change(groupId, (members) => members.filter((each) => each !== member));
  }

  /** All members stop, drain, and join again; the assignment moves on by one, so that partitions change hands. */
  rebalance(groupId: string): Promise<void> {
    return this.#change(groupId, ([first, ...others]) => (first === undefined ? [] : [...others, first]));
  }

  /** Adds partitions to a topic; every group joins again, as it does when its members' metadata has become old. */
  async grow(topic: string, partitions: number): Promise<void> {
    this.createTopic(topic, partitions);
    for (const groupId of this.#members.keys()) await this.#change(groupId, (members) => members);
  }

  #change(groupId: string, next: (members: MemoryMember[]) => MemoryMember[]): Promise<void> {
    const run = async (): Promise<void> => {
      const members = next(this.#members.get(groupId) ?? []);
      const staying = (this.#members.get(groupId) ?? []).filter((member) => members.includes(member));
      await Promise.all(staying.map((member) => member.revoke()));
      this.#members.set(groupId, members);
      members.forEach((member, index) => member.assign(this.#shareOf(members, index)));
    };
    this.#rebalancing = this.#rebalancing.then(run);
    return this.#rebalancing;
  }

  #shareOf(members: readonly MemoryMember[], index: number): TopicPartition[] {
    const topics = members[index]?.topics ?? [];
    const all = topics.flatMap((topic) =>
      Array.from({ length: this.partitionsOf(topic) }, (_, partition) => ({ topic, partition })),
    );
    return all.filter(({ partition }) => partition % members.length === index);
  }
}

const keyHash = (key: Buffer | null): number =>
  (key ?? Buffer.alloc(0)).reduce((hash, byte) => (hash * 31 + byte) % 65_536, 7);

import type { ErrorPolicy } from './error-policy.ts';

/**
 * What a stream app is written against. Vocabulary and promises are Samza's; the numbers in brackets are the promises
 * of README.md.
 */

/** A topic with the type of its values; any object with a `name` will do, so a contracts library can carry more. */
export interface Topic<V> {
  readonly name: string;
  /** Carries the type of the value; never present at run time. */
  readonly __value?: V;
}

/**
 * Turns values into bytes and back.
 *
 * Errors carry `code` (UPPER_SNAKE) and `fate`: `'retry'` when the schema registry is down (the partition waits, nothing is
 * parked), `'park'` for bytes that no wait will mend. An error of `decode` without a fate is parked as `UNDECODABLE`.
 */
export interface Serde {
  /** Synchronous, so that `collector.send` and `publish` never wait. */
  encode<V>(topic: Topic<V>, value: V): Buffer;
  /** A promise only when a schema has to be fetched first. */
  decode<V>(topic: Topic<V>, bytes: Buffer): V | Promise<V>;
}

/**
 * One store of a task: an ordered map from text to values of one type, kept through crashes, moves and lost disks [10].
 *
 * With `order: 'partition'` a record may touch every entry. Where records of several keys run side by side (`keyOrder: 'kept'`) each may touch only
 * the entry of its own key, and those whose keys begin with it and a slash: whatever else it touched, another record could be writing. A range, and
 * everything that concerns many keys, then belongs into the window.
 */
export interface StoreDefinition<V> {
  /** Small letters, digits and hyphens; unique within the definition. Part of every key in the changelog: another name is another store. */
  readonly name: string;
  /** What the serde encodes the values for. */
  readonly values: Topic<V>;
  /** An entry is gone so long after it was last put, by the clock of whoever looks; milliseconds, 1 or more. Default: it stays. */
  readonly ttlMs?: number;
}

/** A part of a store, in the order of the keys' UTF-8 bytes. */
export interface KeyRange {
  /** From this key on, included. Default: the first. */
  readonly gte?: string;
  /** Up to this key, excluded. Default: all. */
  readonly lt?: string;
  /** Entries at most. Default: all. */
  readonly limit?: number;
  /** From the last to the first. */
  readonly reverse?: boolean;
}

/**
 * A store as its task uses it, synchronously. What is written counts if `process` (or `window.run`) succeeds, and is seen by itself at once; if it
 * throws, nothing of it has been written. State and outputs move together: a record that comes again after its effects are in is passed over [10].
 *
 * Reading: from the end of the restore on, in `init` too. Writing: in `process` and `window.run`, until they end.
 *
 * @throws {StateError} STATE_CLOSED at any other time; STATE_KEY_FOREIGN for an entry that is not the record's to touch; STATE_SCHEMA_UNKNOWN (retry) while the schema of an old value is being fetched;
 *   STATE_UNREADABLE (crash) for a value that the serde cannot read
 */
export interface KeyValueStore<V> {
  /** Entries of all stores of the task, expired ones that are not swept yet included. */
  readonly approximateSize: number;
  get(key: string): V | undefined;
  /** @throws {StateError} STATE_KEY_INVALID, STATE_VALUE_TOO_LARGE (both park the record); what `Serde.encode` throws */
  put(key: string, value: V): void;
  delete(key: string): void;
  /** Lazy. Entries that are written while it is read may be among them or not. */
  range(range?: KeyRange): IterableIterator<[key: string, value: V]>;
}

/** What a task is made with. */
export interface TaskContext {
  /** @throws {StateError} STORE_NOT_DECLARED unless it is one of the definition's `stores` */
  store<V>(definition: StoreDefinition<V>): KeyValueStore<V>;
}

/** One partition of one topic. */
export interface TopicPartition {
  readonly topic: string;
  readonly partition: number;
}

/** A record as the log holds it: bytes, not yet decoded. */
export interface RawRecord extends TopicPartition {
  readonly offset: bigint;
  readonly key: Buffer | null;
  /** `null` is a tombstone. */
  readonly value: Buffer | null;
  readonly headers: Readonly<Record<string, Buffer>>;
  /** UTC milliseconds, set by the producer. */
  readonly timestamp: number;
}

/** A record as a task sees it. `(topic.name, partition, offset)` names it for ever; a redelivery has the same three. */
export interface StreamRecord<V> {
  readonly topic: Topic<V>;
  readonly partition: number;
  readonly offset: bigint;
  /** The key as UTF-8; `null` for a record without one. */
  readonly key: string | null;
  readonly keyBytes: Buffer | null;
  readonly value: V;
  readonly headers: Readonly<Record<string, string>>;
  /** UTC milliseconds, set by the producer. */
  readonly timestamp: number;
}

/**
 * Where the outputs of one record go. It is good until `process` (or `window.run`) ends; a later call throws, because
 * nobody would wait for what it sends.
 */
export interface Collector {
  /**
   * Encodes at once and sends soon; acknowledged before the record's offset may be committed [3].
   *
   * @throws what `Serde.encode` throws, and `OutputTooLarge`; both then decide the fate of the input record
   */
  send<V>(topic: Topic<V>, key: string, value: V): void;
  /** Says that the record is done without (more) output, and counts why. `reason` is one of a few words, never data. */
  drop(reason: string): void;
}

/** A recurring call, on the injected clock. */
export interface TaskWindow {
  /** Milliseconds from the end of one call to the next, 1 or more. */
  readonly everyMs: number;
  /** An error with fate `'retry'` is logged and the next window tries again; any other error stops the process. */
  run(collector: Collector): Promise<void> | void;
}

/**
 * One instance for each partition of an input: its fields are the partition's state and move with it [1]. A pure object: it
 * gets ports, a Clock and numbers from its factory, and reaches nothing else.
 *
 * The order of calls: `init` ends before the first `process` [2]. With `order: 'partition'` each `process` ends before the next
 * one begins; with `{ concurrentRecordsMax: n, ... }` up to n overlap, those of one key one after the other if `keyOrder` is `'kept'` and in no
 * order if it is `'given-up'`. `window.run` never overlaps `process`, nor a commit
 * of this task's offset [4]. After a revoke, `close` follows the end of what was running; nothing is called after it.
 * A record whose process was running when its partition was lost comes again, here or elsewhere: effects must bear that.
 *
 * What `process` may throw [6, 9]: an Error with `fate: 'retry'` (a dependency is down: the same record is tried again, backed off,
 * for ever, while its partition is paused), `fate: 'park'` (this record will never succeed: dead letters, and on). Anything else stops
 * the process with the offset uncommitted.
 */
export interface StreamTask<V> {
  init?(): Promise<void> | void;
  process(record: StreamRecord<V>, collector: Collector): Promise<void> | void;
  readonly window?: TaskWindow;
  close?(): Promise<void> | void;
}

/**
 * One record of a partition at a time, in the order of the log; or up to n at once, with the contiguous watermark committed. Then the order of each
 * key is kept (a record begins when the one before it of its key has ended; one without a key follows nobody), or order is given up altogether.
 * In any order a record that waits for its dependency pauses its partition: nothing more is begun, what runs beside it ends and counts.
 */
export type TaskOrder = 'partition' | { readonly concurrentRecordsMax: number; readonly keyOrder: 'kept' | 'given-up' };

/** `'all'`, or skip-to-now: 1 ms or more. */
export type CatchUp = 'all' | { readonly skipOlderThanMs: number };

/** What the log has of a partition. */
export interface LogRange {
  /** The first offset that it still has. */
  readonly earliest: bigint;
  /** The one that its next record will get; behind what lies in transactions that are open, too. */
  readonly end: bigint;
}

/** What the log and the group say of a partition when it is assigned. */
export interface AssignedRange extends LogRange {
  /** null: the group has committed nothing here. */
  readonly committed: bigint | null;
}

/** What a task reads and how: everything about an app's stream but the group, the connections and the numbers. */
export interface TaskDefinition<V> {
  readonly inputs: readonly Topic<V>[];
  readonly order: TaskOrder;
  /** Where a group without a committed offset begins. */
  readonly startFrom: 'earliest' | 'latest';
  /**
   * Inputs with a higher number go first: while one of them has records queued or in flight in this process, lower ones begin nothing, for
   * `priorityHoldMsMax` at most. Default 0. One that waits for its dependency holds nobody back.
   */
  readonly priority?: number;
  /**
   * `'newest-of-key'`: a record whose key has a newer one here is dropped and counted as `superseded`, before the first try and before each retry.
   * For work that only the latest word of somebody is worth. Default: all are processed.
   */
  readonly backlog?: 'all' | 'newest-of-key';
  /**
   * What becomes of a backlog at an assignment, after an outage mostly. `'all'` (default): every record is processed, and nothing outside this
   * definition can change that. `{ skipOlderThanMs }`: the partition goes on at the first record that is younger, by its own timestamp; what lies
   * before is committed as done, counted and logged [11].
   */
  readonly catchUp?: CatchUp;
  /**
   * Where an assignment begins, for tasks that keep their positions elsewhere too. Asked at each assignment, before anything is fetched; what it
   * answers goes before the group's offset and is committed where it differs. null: nothing is known better. An offset that the log does not have
   * is told as a committed one would be (`OFFSET_OUT_OF_RANGE`), and leads to the earliest record. Fate `'retry'` is waited for, any other
   * error stops the process. Not for tasks with stores [11].
   */
  startAt?(at: TopicPartition, range: AssignedRange): Promise<bigint | null> | bigint | null;
  /**
   * Nothing beyond this is committed, though it is done: for effects that are not safe yet by themselves. Asked at each commit; synchronous, must
   * not throw; null: no limit. Where it falls the commit goes back. Not for tasks with stores [3].
   */
  commitAtMost?(at: TopicPartition): bigint | null;
  /**
   * True: partition n of all inputs goes to the same process. Their numbers of partitions must be equal: CO_PARTITION_MISMATCH at the start if
   * they are not. Default false.
   */
  readonly coPartitioned?: boolean;
  /**
   * The stores of each task [10]. They need an order that is not given up, one input, and `<groupId>.changelog`: compacted, with as many partitions as
   * the input. Default: none.
   */
  readonly stores?: readonly StoreDefinition<unknown>[];
  /** Called once for each partition that is assigned, before its `init`. */
  createTask(partition: TopicPartition, context: TaskContext): StreamTask<V>;
  /**
   * UTC milliseconds after which the record is not worth doing: dropped and counted as `late`, before the first try and before
   * each retry [7]. Infinity: never.
   */
  deadlineOf?(value: V): number;
  /** What becomes of a record that met an error, where its fate is not enough. Default: `defaultErrorPolicy` [6, 9]. */
  readonly errors?: ErrorPolicy;
  /**
   * Runs before a record is parked (undecodable, or failed for good), and must succeed first: the place to pay what the record can
   * no longer do itself. Fate `'retry'` tries the record again and never parks past it; any other error stops the process.
   */
  beforePark?(raw: RawRecord, error: Error): Promise<void> | void;
}

/** Where a partition of this process stands. */
export interface PartitionPosition extends TopicPartition {
  /** Differs between any two assignments of this process; a partition that stays through a rebalance begins again, from what was committed. */
  readonly assignment: number;
  /** Everything below is processed and its outputs are acknowledged: the contiguous watermark, and where the assignment began before its first record. */
  readonly appliedOffset: bigint;
}

/** The positions of one process, for whoever keeps account of them outside the log. */
export interface StreamPositions {
  /** The partitions that are ours and whose start is known; none that was lost, and none while the group may have given them away. */
  positions(): readonly PartitionPosition[];
  /**
   * What the log has of each partition, in the same order: asked for after the call, never as of the last fetch.
   *
   * @throws {StreamError} KAFKA_UNAVAILABLE (retry)
   */
  rangesOf(partitions: readonly TopicPartition[]): Promise<readonly LogRange[]>;
  /**
   * Goes back: the partition's records come again from this offset, its watermark and the next commit go back with it; a commit that is under way
   * may still be written. What was begun ends and counts for nothing; records that come again begin behind it [3].
   *
   * @throws {StreamError} OFFSET_OUT_OF_RANGE (park) if the log has it no more: nothing is changed then. PARTITION_LOST (retry) if it is not ours, or not
   *   in the assignment that it was when this was called. REWIND_REFUSED (crash) beyond what is applied, and for a task with stores. KAFKA_UNAVAILABLE (retry)
   */
  rewind(at: TopicPartition, offset: bigint): Promise<void>;
}

/** A running stream app: one consumer group, one process of it. */
export interface StreamApp extends StreamPositions {
  /** Waits (with a log line) until Kafka and every topic are there, joins the group, and resolves after the first assignment. */
  start(): Promise<void>;
  /** Takes no more, finishes within `drainMs`, commits, leaves the group, closes the connections [5]. Idempotent; never throws. */
  stop(): Promise<void>;
  state(): StreamState;
  /** False when the process should be restarted: it failed, or the client stopped talking to a broker that is there. */
  isLive(): boolean;
  /** True from the first join until `stop` is called. */
  isReady(): boolean;
}

/** What an operator asks of a process. */
export interface StreamState {
  readonly phase: 'starting' | 'running' | 'draining' | 'stopped' | 'failed';
  /** True after the first assignment, also if it holds no partitions. */
  readonly joinedOnce: boolean;
  /** Those that are assigned: none that was lost, and none once no heartbeat has been answered for a whole session. */
  readonly partitions: readonly PartitionState[];
  /** UTC milliseconds of the last heartbeat that the group's coordinator answered; null before the first. */
  readonly lastHeartbeatAt: number | null;
  readonly lastFetchAt: number | null;
  /** What the app waits for now, `kafka` included; empty in quiet running. */
  readonly waitingFor: readonly string[];
}

export interface PartitionState extends TopicPartition {
  /** The offset that a commit would write now; null until the first record or commit. */
  readonly nextOffset: bigint | null;
  /** Records between nextOffset and the end of the partition, as of the last fetch. */
  readonly lag: number;
  /** Age of the oldest unfinished record here, by its own timestamp; 0 when there is none. */
  readonly lagAgeMs: number;
  readonly inFlight: number;
  readonly queued: number;
  readonly paused: boolean;
  /** The dependency that its record waits for, by the error's code; null when none. */
  readonly waitingFor: string | null;
}

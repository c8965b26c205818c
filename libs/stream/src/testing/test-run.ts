import { silentLogger, type StreamLogger } from '../log.ts';
import type { RawRecord, Serde, TaskDefinition, Topic, TopicPartition } from '../port.ts';
import { deadLetterHeaders, deadLetterTopicFor } from '../run-loop/dead-letter.ts';
import { changelogTopicFor } from '../state/changelog-client.ts';
import { runLoopDefaults, type RunLoopSettings } from '../settings.ts';
import type { StreamTracing } from '../tracing.ts';
import { ManualClock, turn } from './manual-clock.ts';
import { MemoryDisk } from '../state/memory-disk.ts';
import { MemoryApp } from './memory-app.ts';
import { MemoryChangelog } from './memory-changelog.ts';
import { MemoryLog } from './memory-log.ts';
import { createRecordingMetrics, skippedIn, type Counted } from './recording-metrics.ts';
import { createValueSerde } from './value-serde.ts';

export interface TestRunOptions {
  /** One for each kind of task; an app with one task gives one. */
  readonly definitions: readonly TaskDefinition<unknown>[];
  /** Default `test`. Dead letters go to `<groupId>.dlq`. */
  readonly groupId?: string;
  /** Default: values pass as they are (createValueSerde). */
  readonly serde?: Serde;
  /** The clock that the task was given too. Default: a new one. */
  readonly clock?: ManualClock;
  /** Partitions by topic name; a topic that is not here has one. */
  readonly partitions?: Readonly<Record<string, number>>;
  readonly settings?: Partial<RunLoopSettings>;
  readonly logger?: StreamLogger;
  /** Default: nothing is traced. */
  readonly tracing?: StreamTracing | undefined;
}

/** An input of a test. `value` goes through the serde; `bytes` do not, and may be anything. */
export interface TestRecord<V> {
  readonly topic: Topic<V>;
  readonly partition?: number;
  readonly key?: string | null;
  readonly value?: V;
  readonly bytes?: Buffer | null;
  readonly headers?: Readonly<Record<string, string>>;
  /** Default: the clock's now. */
  readonly timestamp?: number;
}

/** An output, decoded by the serde. */
export interface SentRecord {
  readonly topic: string;
  readonly key: string | null;
  readonly value: unknown;
  readonly headers: Readonly<Record<string, string>>;
}

/** A dead letter. */
export interface ParkedRecord extends TopicPartition {
  readonly offset: bigint;
  readonly code: string;
  readonly attempts: number;
  readonly key: Buffer | null;
  readonly value: Buffer | null;
}

/** How long `until` waits, in real time, for a task that does real work. */
const PATIENCE_MS = 5_000;

/**
 * A stream app on a log in memory and a clock that is moved by hand: the same run loop and task classes as in production, with faults on demand.
 * Start members with `startMember`; every member is a process of the group.
 */
export class TestRun {
  readonly clock: ManualClock;
  readonly log = new MemoryLog();
  /** Where the state of the tasks is kept beside their disks. */
  readonly changelog: MemoryChangelog;
  readonly groupId: string;
  readonly serde: Serde;
  /** Errors that would have stopped a process. */
  readonly fatal: Error[] = [];
  readonly #options: TestRunOptions;
  readonly #counted: Counted[];
  readonly #members: MemoryApp[] = [];
  readonly #metrics: ReturnType<typeof createRecordingMetrics>['metrics'];
  readonly #inputsWithState: string[] = [];
  readonly #outputTopics = new Map<string, Topic<unknown>>();

  constructor(options: TestRunOptions) {
    this.#options = options;
    this.clock = options.clock ?? new ManualClock();
    this.changelog = new MemoryChangelog(this.clock, (topic) => this.#partitionsOf(topic));
    this.groupId = options.groupId ?? 'test';
    this.serde = this.#rememberingTopics(options.serde ?? createValueSerde());
    for (const [topic, partitions] of Object.entries(options.partitions ?? {})) this.log.createTopic(topic, partitions);
    ({ metrics: this.#metrics, counted: this.#counted } = createRecordingMetrics());
  }

  /** Joins one more process to the group. @param overrides  `disk`: the one of an earlier process; default: an empty one */
  async startMember(
    overrides: {
      definitions?: readonly TaskDefinition<unknown>[];
      settings?: Partial<RunLoopSettings>;
      disk?: MemoryDisk;
    } = {},
  ): Promise<MemoryApp> {
    const { log, groupId, serde, clock } = this;
    const definitions = overrides.definitions ?? this.#options.definitions;
    for (const { inputs, stores = [] } of definitions)
      if (stores.length > 0) this.#inputsWithState.push(...inputs.map(({ name }) => name));
    const settings = { ...runLoopDefaults, ...this.#options.settings, ...overrides.settings };
    const logger = this.#options.logger ?? silentLogger;
    const onFatal = (error: Error): void => void this.fatal.push(error);
    const member = new MemoryApp({
      log,
      groupId,
      definitions,
      serde,
      clock,
      settings,
      logger,
      metrics: this.#metrics,
      tracing: this.#options.tracing,
      onFatal,
      state: { disk: overrides.disk ?? new MemoryDisk(), changelog: this.changelog },
    });
    this.#members.push(member);
    await member.start();
    return member;
  }

  /** Puts a record into the log. @returns its offset */
  append<V>(record: TestRecord<V>): bigint {
    const { topic, partition = 0, key = null, headers = {}, timestamp = this.clock.now() } = record;
    const value = record.bytes !== undefined ? record.bytes : this.serde.encode(topic, record.value as V);
    const headerBytes = Object.fromEntries(Object.entries(headers).map(([name, text]) => [name, Buffer.from(text)]));
    return this.log.append(
      { topic: topic.name, partition },
      { key: key === null ? null : Buffer.from(key), value, headers: headerBytes, timestamp },
    );
  }

  /** Lets all that can happen without time passing happen. */
  async settle(): Promise<void> {
    for (let count = 0; count < 20; count += 1) await turn();
  }

  /** Moves the clock, timers and what they start included. */
  async advance(ms: number): Promise<void> {
    await this.clock.advance(ms);
    await this.settle();
  }

  /** Waits, in real time and bounded, for a task that does real work. @throws when it does not come true */
  async until(holds: () => boolean, what = 'the expected state'): Promise<void> {
    const giveUpAt = Date.now() + PATIENCE_MS;
    while (!holds()) {
      if (Date.now() > giveUpAt) throw new Error(`${what} did not come within ${PATIENCE_MS} ms`);
      await turn();
    }
  }

  /** Outputs in the order of their topics' log, dead letters left out. */
  async sent(topic?: Topic<unknown>): Promise<SentRecord[]> {
    const topics = topic === undefined ? [...this.#outputTopics.values()] : [topic];
    return Promise.all(topics.flatMap((each) => this.log.readTopic(each.name).map((raw) => this.#sentOf(each, raw))));
  }

  parked(): ParkedRecord[] {
    return this.log.readTopic(deadLetterTopicFor(this.groupId)).map(parkedOf);
  }

  /** Reasons of drops, `late` included. */
  dropped(): string[] {
    return this.#counted.filter(({ what }) => what === 'dropped').map(({ why }) => why);
  }

  /** How many records of the changelog each restore has read, in order. */
  restored(): number[] {
    return this.#counted.filter(({ what }) => what === 'restored').map(({ why }) => Number(why));
  }

  /** How many records came again after their effects were in. */
  alreadyDone(): number {
    return this.#counted.filter(({ what }) => what === 'already-done').length;
  }

  /** What assignments passed over, as `<partition> <reason> <records>`. */
  skipped(): string[] {
    return skippedIn(this.#counted);
  }

  /** Codes of the errors that were waited for. */
  retried(): string[] {
    return this.#counted.filter(({ what }) => what === 'retried').map(({ why }) => why);
  }

  /** The group's committed offset: the next one to read. */
  committed(topic: Topic<unknown>, partition = 0): bigint | undefined {
    return this.log.committed(this.groupId, { topic: topic.name, partition });
  }

  /** Stops every member that still runs. The clock is moved where a drain needs it. */
  async stop(): Promise<void> {
    for (const member of this.#members) {
      let stopped = false;
      void member.stop().finally(() => (stopped = true));
      for (let count = 0; !stopped && count < 10; count += 1) await this.advance(count < 2 ? 0 : 60_000);
    }
  }

  /** A changelog has as many as the input of its group, where a test does not say otherwise. */
  #partitionsOf(topic: string): number {
    if (topic !== changelogTopicFor(this.groupId)) return this.log.partitionsOf(topic);
    return Math.max(...this.#inputsWithState.map((input) => this.log.partitionsOf(input)));
  }

  async #sentOf(topic: Topic<unknown>, raw: RawRecord): Promise<SentRecord> {
    const value = raw.value === null ? null : await this.serde.decode(topic, raw.value);
    const headers = Object.fromEntries(Object.entries(raw.headers).map(([name, bytes]) => [name, bytes.toString()]));
    return { topic: topic.name, key: raw.key?.toString() ?? null, value, headers };
  }

  /** Notes each topic that is encoded for by a task, to know what to decode outputs with. */
  #rememberingTopics(serde: Serde): Serde {
    const inputs = new Set(this.#options.definitions.flatMap(({ inputs }) => inputs.map(({ name }) => name)));
    const remember = (topic: Topic<unknown>): void => {
      if (!inputs.has(topic.name)) this.#outputTopics.set(topic.name, topic);
    };
    return {
      encode<V>(topic: Topic<V>, value: V): Buffer {
        remember(topic);
        return serde.encode(topic, value);
      },
      decode: (topic, bytes) => serde.decode(topic, bytes),
    };
  }
}

/** @returns a run with no member yet; `startMember` joins the first */
export const createTestRun = (options: TestRunOptions): TestRun => new TestRun(options);

function parkedOf(raw: RawRecord): ParkedRecord {
  const header = (name: string): string => raw.headers[name]?.toString() ?? '';
  const names = deadLetterHeaders;
  return {
    topic: header(names.topic),
    partition: Number(header(names.partition)),
    offset: BigInt(header(names.offset)),
    code: header(names.code),
    attempts: Number(header(names.attempts)),
    key: raw.key,
    value: raw.value,
  };
}

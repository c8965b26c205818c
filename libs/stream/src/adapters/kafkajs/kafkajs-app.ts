import type kafkajs from 'kafkajs';
import { delay, settledWithin, systemClock, type Clock } from '../../clock.ts';
import { StreamError } from '../../errors.ts';
import { errorOf } from '../../fate.ts';
import type { StreamLogger } from '../../log.ts';
import { noMetrics, type StreamMetrics } from '../../metrics.ts';
import type { Serde, StreamApp, StreamState, TaskDefinition, Topic, TopicPartition } from '../../port.ts';
import { deadLetterTopicFor } from '../../run-loop/dead-letter.ts';
import { RunLoop, type LogClient, type PartitionOffset } from '../../run-loop/run-loop.ts';
import { createKafka, type KafkaConnection } from './kafkajs-connection.ts';
import { epochOf, type GroupHooks, type GroupInside } from './kafkajs-patches.ts';
import { rawRecordsOf } from './kafkajs-records.ts';
import { KafkaSession, type SessionHost } from './kafkajs-session.ts';
import { checkStreamSettings, productionSettings, type StreamSettings } from './kafkajs-settings.ts';
import { checkWritable, createTopicProducers, type TopicProducers } from './kafkajs-topic-producers.ts';

export interface KafkaStreamAppOptions {
  readonly connection: KafkaConnection;
  /** The consumer group; dead letters go to `<groupId>.dlq`, which must exist. */
  readonly groupId: string;
  /** One for each kind of task; no topic twice. */
  readonly definitions: readonly TaskDefinition<unknown>[];
  /** Topics that the tasks write: the first start waits until they can be written, as it does for the dead letters. Default: none. */
  readonly outputs?: readonly Topic<unknown>[];
  readonly serde: Serde;
  readonly log: StreamLogger;
  /** Called once when the process must stop: an unplanned error, its offset uncommitted. The caller stops the app and exits non-zero. */
  readonly onFatal: (error: Error) => void;
  readonly metrics?: StreamMetrics;
  /** Default: productionSettings. */
  readonly settings?: StreamSettings;
  /** Default: the machine's. */
  readonly clock?: Clock;
}

/** A stream app on kafkajs. @throws {StreamError} BAD_SETTING, DUPLICATE_INPUT */
export const createKafkaStreamApp = (options: KafkaStreamAppOptions): StreamApp => new KafkaStreamApp(options);

class KafkaStreamApp implements StreamApp, LogClient, SessionHost {
  readonly #options: KafkaStreamAppOptions;
  readonly #settings: StreamSettings;
  readonly #clock: Clock;
  readonly #kafka: kafkajs.Kafka;
  readonly #producers: TopicProducers;
  readonly #runLoop: RunLoop;
  readonly #session: KafkaSession;
  /** Of the run that is on: kafkajs gives it to batch handlers only, but it commits for every partition. */
  #commitNow: kafkajs.EachBatchPayload['commitOffsetsIfNecessary'] | undefined;
  #phase: StreamState['phase'] = 'starting';
  #joinedOnce = false;
  #started: Promise<void> | undefined;
  #stopped: Promise<void> | undefined;
  #tellJoined: () => void = () => undefined;

  constructor(options: KafkaStreamAppOptions) {
    this.#options = options;
    this.#settings = checkStreamSettings(options.settings ?? productionSettings);
    this.#clock = options.clock ?? systemClock;
    const { kafka } = this.#settings;
    this.#kafka = createKafka(options.connection, kafka, options.log);
    this.#producers = createTopicProducers(this.#kafka, { metadataAgeMs: kafka.metadataAgeMs });
    this.#runLoop = new RunLoop({
      ...options,
      clock: this.#clock,
      metrics: options.metrics ?? noMetrics,
      settings: this.#settings.runLoop,
      client: this,
      onFatal: (error) => this.#failed(error),
    });
    this.#session = new KafkaSession({
      ...{ kafka: this.#kafka, connection: options.connection, groupId: options.groupId, log: options.log },
      ...{ topics: this.#runLoop.topics, settings: kafka, hooks: this.#hooks(), clock: this.#clock, host: this },
    });
  }

  // ---- the app ----

  start(): Promise<void> {
    this.#started ??= new Promise((resolve) => {
      this.#tellJoined = resolve;
      void this.#session.open();
    });
    return this.#started;
  }

  stop(): Promise<void> {
    this.#stopped ??= this.#stop();
    return this.#stopped;
  }

  state(): StreamState {
    const waitingFor = [
      ...new Set([...(this.#session.isWaitingForKafka ? ['kafka'] : []), ...this.#runLoop.waitingFor()]),
    ];
    return {
      phase: this.#phase,
      joinedOnce: this.#joinedOnce,
      partitions: this.#session.isExpelled ? [] : this.#runLoop.partitions(),
      lastHeartbeatAt: this.#session.lastHeartbeatAt,
      lastFetchAt: this.#session.lastFetchAt,
      waitingFor,
    };
  }

  isLive(): boolean {
    if (this.#phase === 'failed') return false;
    if (this.#runLoop.longestProcessMs() > this.#settings.runLoop.processMsMax) return false;
    // A restart mends a client that has gone quiet, but not a broker that is down: then the app is alive and waits.
    // Heartbeats tell, fetches do not: kafkajs reports a fetch that failed like one that found nothing.
    const { isWaitingForKafka, lastHeartbeatAt } = this.#session;
    if (this.#phase !== 'running' || isWaitingForKafka || lastHeartbeatAt === null) return true;
    return this.#clock.now() - lastHeartbeatAt <= this.#quietMsMax();
  }

  isReady(): boolean {
    return this.#joinedOnce && this.#phase === 'running';
  }

  /** Longer than any healthy silence: a drain before a rejoin, the rejoin itself, and a request that times out. */
  #quietMsMax(): number {
    const { kafka, runLoop } = this.#settings;
    return runLoop.drainMs + kafka.rebalanceMs + 2 * kafka.requestMs;
  }

  async #stop(): Promise<void> {
    if (this.#phase !== 'failed') this.#phase = 'draining';
    this.#pauseAll();
    await this.#runLoop.stop();
    await this.#closeConnections();
    if (this.#phase !== 'failed') this.#phase = 'stopped';
    this.#tellJoined();
  }

  async #closeConnections(): Promise<void> {
    const closed = Promise.all([this.#session.close(), this.#producers.disconnect().catch(() => undefined)]);
    const inTime = await settledWithin(this.#clock, this.#settings.kafka.disconnectMs, closed);
    if (!inTime) this.#options.log.warn('gave up waiting for kafka to close; the group will notice by itself', {});
  }

  #failed(error: Error): void {
    this.#phase = 'failed';
    this.#options.onFatal(error);
  }

  // ---- the session's host ----

  isWanted(): boolean {
    return this.#phase === 'starting' || this.#phase === 'running';
  }

  /** Before the first join only: whoever has been running goes on with what can be written. */
  async beforeRun(): Promise<void> {
    if (this.#joinedOnce) return;
    const outputs = (this.#options.outputs ?? []).map(({ name }) => name);
    await checkWritable(this.#kafka, [...outputs, deadLetterTopicFor(this.#options.groupId)]);
    await this.#producers.connect(outputs);
  }

  onLost(): void {
    this.#commitNow = undefined;
    this.#runLoop.lost();
  }

  onFatal(error: Error): void {
    this.#runLoop.fail(error);
  }

  #hooks(): GroupHooks {
    const latest = this.#runLoop.topics.filter(({ startFrom }) => startFrom === 'latest');
    return {
      beforeJoin: (group) => this.#beforeJoin(group),
      epoch: () => this.#runLoop.epoch,
      fromLatest: latest.map(({ topic }) => topic),
    };
  }

  /** Before every join: drains what runs, heartbeating, so that the partition's next owner finds it finished and committed. */
  async #beforeJoin(group: GroupInside): Promise<void> {
    let draining = true;
    const keepSession = async (): Promise<void> => {
      for (await this.#heartbeatPause(); draining; await this.#heartbeatPause()) {
        // The answer is "rebalance in progress"; that the question was asked keeps the session.
        await group.heartbeat({ interval: 0 }).catch(() => undefined);
      }
    };
    if (this.#runLoop.partitions().length > 0) void keepSession();
    await this.#runLoop.revoke();
    draining = false;
  }

  #heartbeatPause(): Promise<void> {
    return delay(this.#clock, this.#settings.kafka.heartbeatEveryMs);
  }

  onJoin(assignment: Readonly<Record<string, number[]>>): void {
    this.#phase = 'running';
    this.#joinedOnce = true;
    const partitions = Object.entries(assignment).flatMap(([topic, list]) =>
      list.map((partition) => ({ topic, partition })),
    );
    this.#options.log.info('joined the group', { groupId: this.#options.groupId, partitions: partitions.length });
    this.#runLoop.assign(partitions);
    this.#tellJoined();
  }

  /** Never throws into kafkajs: a TypeError from here would stop the consumer without a word. */
  async onBatch(payload: kafkajs.EachBatchPayload): Promise<void> {
    const { batch } = payload;
    this.#commitNow = (offsets) => payload.commitOffsetsIfNecessary(offsets);
    try {
      const { topic, partition } = batch;
      const epoch = epochOf(batch);
      if (epoch === undefined) return;
      const taken = this.#runLoop.deliver(
        epoch,
        { topic, partition },
        rawRecordsOf(batch),
        BigInt(batch.highWatermark),
      );
      if (taken === null) return;
      payload.resolveOffset(String(taken.last)); // before any await: under the same generation as the epoch just checked
      await taken.handled;
    } catch (error) {
      this.#runLoop.fail(errorOf(error));
    }
  }

  // ---- the run loop's client ----

  pause({ topic, partition }: TopicPartition): void {
    this.#session.whileRunning((consumer) => consumer.pause([{ topic, partitions: [partition] }]));
  }

  resume({ topic, partition }: TopicPartition): void {
    this.#session.whileRunning((consumer) => consumer.resume([{ topic, partitions: [partition] }]));
  }

  /** Explicit partitions only: kafkajs forgets a topic-wide pause at the next pause of one partition. */
  #pauseAll(): void {
    for (const at of this.#runLoop.partitions()) this.pause(at);
  }

  async commit(offsets: readonly PartitionOffset[]): Promise<void> {
    const commitNow = this.#commitNow;
    if (commitNow === undefined) throw new StreamError('NOT_STARTED', 'retry', 'no batch has come yet');
    await commitNow({ topics: byTopic(offsets) });
  }

  readonly produce: LogClient['produce'] = (records) => this.#producers.produce(records);
}

function byTopic(
  offsets: readonly PartitionOffset[],
): { topic: string; partitions: { partition: number; offset: string }[] }[] {
  const topics = new Map<string, { partition: number; offset: string }[]>();
  for (const { topic, partition, nextOffset } of offsets) {
    const list = topics.get(topic) ?? [];
    list.push({ partition, offset: String(nextOffset) });
    topics.set(topic, list);
  }
  return [...topics].map(([topic, partitions]) => ({ topic, partitions }));
}

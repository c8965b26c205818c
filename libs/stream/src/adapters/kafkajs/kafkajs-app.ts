import type kafkajs from 'kafkajs';
import { backOffMs } from '../../back-off.ts';
import { delay, settledWithin, systemClock, type Clock } from '../../clock.ts';
import { StreamError } from '../../errors.ts';
import { errorOf } from '../../fate.ts';
import type { StreamLogger } from '../../log.ts';
import { noMetrics, type StreamMetrics } from '../../metrics.ts';
import type { Serde, StreamApp, StreamState, TaskDefinition, Topic, TopicPartition } from '../../port.ts';
import { deadLetterTopicFor } from '../../run-loop/dead-letter.ts';
import { RunLoop, type LogClient, type PartitionOffset } from '../../run-loop/run-loop.ts';
import { createKafka, retryOf, type KafkaConnection } from './kafkajs-connection.ts';
import { isOutage, outageCode } from './kafkajs-errors.ts';
import { assignerWith, epochOf, type GroupInside } from './kafkajs-patches.ts';
import { rawRecordsOf } from './kafkajs-records.ts';
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

class KafkaStreamApp implements StreamApp, LogClient {
  readonly #options: KafkaStreamAppOptions;
  readonly #settings: StreamSettings;
  readonly #clock: Clock;
  readonly #kafka: kafkajs.Kafka;
  readonly #producers: TopicProducers;
  readonly #runLoop: RunLoop;
  #consumer: kafkajs.Consumer | undefined;
  /** Of the run that is on: kafkajs gives it to batch handlers only, but it commits for every partition. */
  #commitNow: kafkajs.EachBatchPayload['commitOffsetsIfNecessary'] | undefined;
  #phase: StreamState['phase'] = 'starting';
  #joinedOnce = false;
  #waitingForKafka = false;
  #lastHeartbeatAt: number | null = null;
  #lastFetchAt: number | null = null;
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
  }

  // ---- the app ----

  start(): Promise<void> {
    this.#started ??= new Promise((resolve) => {
      this.#tellJoined = resolve;
      void this.#openSession();
    });
    return this.#started;
  }

  stop(): Promise<void> {
    this.#stopped ??= this.#stop();
    return this.#stopped;
  }

  state(): StreamState {
    const waitingFor = [...new Set([...(this.#waitingForKafka ? ['kafka'] : []), ...this.#runLoop.waitingFor()])];
    return {
      phase: this.#phase,
      joinedOnce: this.#joinedOnce,
      partitions: this.#isExpelled() ? [] : this.#runLoop.partitions(),
      lastHeartbeatAt: this.#lastHeartbeatAt,
      lastFetchAt: this.#lastFetchAt,
      waitingFor,
    };
  }

  isLive(): boolean {
    if (this.#phase === 'failed') return false;
    if (this.#runLoop.longestProcessMs() > this.#settings.runLoop.processMsMax) return false;
    // A restart mends a client that has gone quiet, but not a broker that is down: then the app is alive and waits.
    // Heartbeats tell, fetches do not: kafkajs reports a fetch that failed like one that found nothing.
    if (this.#phase !== 'running' || this.#waitingForKafka || this.#lastHeartbeatAt === null) return true;
    return this.#clock.now() - this.#lastHeartbeatAt <= this.#quietMsMax();
  }

  isReady(): boolean {
    return this.#joinedOnce && this.#phase === 'running';
  }

  /** No heartbeat was answered for a whole session: the group has given our partitions away, though nobody could tell us. */
  #isExpelled(): boolean {
    return (
      this.#lastHeartbeatAt !== null && this.#clock.now() - this.#lastHeartbeatAt >= this.#settings.kafka.sessionMs
    );
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
    const consumer = this.#consumer;
    this.#consumer = undefined;
    const quietly = (work: Promise<void> | undefined): Promise<void> =>
      (work ?? Promise.resolve()).catch(() => undefined);
    const closed = Promise.all([quietly(consumer?.disconnect()), quietly(this.#producers.disconnect())]);
    const inTime = await settledWithin(this.#clock, this.#settings.kafka.disconnectMs, closed);
    if (!inTime) this.#options.log.warn('gave up waiting for kafka to close; the group will notice by itself', {});
  }

  #failed(error: Error): void {
    this.#phase = 'failed';
    this.#options.onFatal(error);
  }

  // ---- the session: from connecting until the client gives up ----

  /** Opens a consumer, again and again while Kafka or a topic is not there. Says so once, and once when it is over. */
  async #openSession(): Promise<void> {
    for (let attempt = 1; this.#isWanted(); attempt += 1) {
      try {
        await this.#openConsumer();
        return;
      } catch (error) {
        await this.#consumer?.disconnect().catch(() => undefined);
        this.#consumer = undefined;
        if (!this.#isWanted()) return;
        if (!isOutage(error)) return this.#runLoop.fail(crashed(error));
        this.#sayWaiting(error);
        await delay(this.#clock, backOffMs({ firstMs: 250, mostMs: this.#settings.kafka.retryMostMs }, attempt));
      }
    }
  }

  #isWanted(): boolean {
    return this.#phase === 'starting' || this.#phase === 'running';
  }

  async #openConsumer(): Promise<void> {
    const consumer = this.#createConsumer();
    this.#consumer = consumer;
    await consumer.connect();
    for (const { topic, startFrom } of this.#runLoop.topics) {
      await consumer.subscribe({ topic, fromBeginning: startFrom === 'earliest' });
    }
    await this.#awaitOutputs();
    if (!this.#isWanted()) return;
    await consumer.run({
      autoCommit: false,
      eachBatchAutoResolve: false,
      partitionsConsumedConcurrently: this.#settings.kafka.partitionsAtOnceMax,
      eachBatch: (payload) => this.#onBatch(payload),
    });
  }

  /** Before the first join only: whoever has been running goes on with what can be written. */
  async #awaitOutputs(): Promise<void> {
    if (this.#joinedOnce) return;
    const outputs = (this.#options.outputs ?? []).map(({ name }) => name);
    await checkWritable(this.#kafka, [...outputs, deadLetterTopicFor(this.#options.groupId)]);
    await this.#producers.connect(outputs);
  }

  #createConsumer(): kafkajs.Consumer {
    const { kafka } = this.#settings;
    const { topics } = this.#runLoop;
    const hooks = {
      beforeJoin: (group: GroupInside) => this.#beforeJoin(group),
      epoch: () => this.#runLoop.epoch,
      fromLatest: topics.filter(({ startFrom }) => startFrom === 'latest').map(({ topic }) => topic),
    };
    const consumer = this.#kafka.consumer({
      groupId: this.#options.groupId,
      partitionAssigners: [assignerWith(hooks)],
      sessionTimeout: kafka.sessionMs,
      heartbeatInterval: kafka.heartbeatEveryMs,
      rebalanceTimeout: kafka.rebalanceMs,
      minBytes: 1,
      maxWaitTimeInMs: kafka.fetchWaitMs,
      maxBytesPerPartition: kafka.partitionFetchBytesMax,
      maxBytes: kafka.fetchBytesMax,
      metadataMaxAge: kafka.metadataAgeMs,
      allowAutoTopicCreation: false,
      // One restart policy, ours: a session that ends for an outage is opened again with a new consumer, any other ends the process.
      retry: { ...retryOf(kafka), restartOnFailure: () => Promise.resolve(false) },
    });
    const { events } = consumer;
    consumer.on(events.GROUP_JOIN, ({ payload }) => this.#onJoin(consumer, payload.memberAssignment));
    consumer.on(events.HEARTBEAT, () => this.#onAnswer());
    // A broker that hangs fails no request for a long time: each one that times out is retried inside the client.
    consumer.on(events.REQUEST_TIMEOUT, () => consumer === this.#consumer && this.#sayWaiting(new RequestTimeout()));
    consumer.on(events.FETCH, () => (this.#lastFetchAt = this.#clock.now()));
    consumer.on(events.CRASH, ({ payload }) => this.#onCrash(consumer, payload.error));
    return consumer;
  }

  #sayWaiting(error: unknown): void {
    if (this.#waitingForKafka) return;
    this.#waitingForKafka = true;
    const { groupId, connection } = this.#options;
    this.#options.log.warn('waiting for kafka', {
      groupId,
      brokers: connection.brokers.join(','),
      code: outageCode(error),
      ...(error instanceof StreamError ? { doing: error.message } : {}),
    });
  }

  /** The group's coordinator answered: the one sign that all is well. */
  #onAnswer(): void {
    this.#lastHeartbeatAt = this.#clock.now();
    if (!this.#waitingForKafka) return;
    this.#waitingForKafka = false;
    this.#options.log.info('kafka is back', { groupId: this.#options.groupId });
  }

  #onCrash(consumer: kafkajs.Consumer, error: Error): void {
    if (consumer !== this.#consumer || !this.#isWanted()) return;
    this.#consumer = undefined;
    this.#commitNow = undefined;
    this.#runLoop.lost();
    if (!isOutage(error)) return this.#runLoop.fail(crashed(error));
    this.#sayWaiting(error);
    void delay(this.#clock, this.#settings.kafka.retryFirstMs).then(() => this.#openSession());
  }

  // ---- the group ----

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

  /** Synchronous: kafkajs fetches as soon as this returns. */
  #onJoin(consumer: kafkajs.Consumer, assignment: Record<string, number[]>): void {
    if (consumer !== this.#consumer || !this.#isWanted()) return;
    this.#onAnswer();
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
  async #onBatch(payload: kafkajs.EachBatchPayload): Promise<void> {
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
    this.#whileRunning((consumer) => consumer.pause([{ topic, partitions: [partition] }]));
  }

  resume({ topic, partition }: TopicPartition): void {
    this.#whileRunning((consumer) => consumer.resume([{ topic, partitions: [partition] }]));
  }

  /** kafkajs refuses to pause before its run and after its end; then nothing is fetched anyway. */
  #whileRunning(run: (consumer: kafkajs.Consumer) => void): void {
    try {
      if (this.#consumer !== undefined) run(this.#consumer);
    } catch (error) {
      this.#options.log.debug('kafkajs is not running', { code: outageCode(error) });
    }
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

class RequestTimeout extends Error {
  override readonly name = 'KafkaJSRequestTimeoutError';
}

const crashed = (error: unknown): StreamError => {
  const cause = errorOf(error);
  return new StreamError('CONSUMER_CRASHED', 'crash', `the kafka consumer stopped: ${cause.message}`, { cause });
};

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

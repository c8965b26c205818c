import type kafkajs from 'kafkajs';
import { reportStarts } from '../../assignment/report-starts.ts';
import { startPoliciesOf, type StartPolicy } from '../../assignment/start-offset.ts';
import { startTeller, type TellStart } from '../../assignment/told-start.ts';
import { coPartitionedOf, PartitionWatch } from '../../assignment/watch-partitions.ts';
import { delay, settledWithin, systemClock, type Clock } from '../../clock.ts';
import { StreamError } from '../../errors.ts';
import { errorOf, fateOf } from '../../fate.ts';
import { noMetrics, type StreamMetrics } from '../../metrics.ts';
import type { LogRange, PartitionPosition, StreamApp, StreamState, TopicPartition } from '../../port.ts';
import { deadLetterTopicFor } from '../../run-loop/dead-letter.ts';
import type { LogClient, LogPlace, PartitionOffset } from '../../run-loop/log-client.ts';
import { RunLoop } from '../../run-loop/run-loop.ts';
import type { ChangelogClient } from '../../state/changelog-client.ts';
import { createLmdbDisk } from '../../state/lmdb-disk.adapter.ts';
import type { StateBacking } from '../../state/state-keeper.ts';
import { createKafkaChangelog } from './kafkajs-changelog.ts';
import type { KafkaStreamAppOptions } from './kafkajs-app-options.ts';
import { createKafka } from './kafkajs-connection.ts';
import { asStreamError, isOutage, outageCode } from './kafkajs-errors.ts';
import { keepBeating, type HeartbeatOptions } from './kafkajs-heartbeats.ts';
import type { BatchInside, GroupInside, OffsetsInside } from './kafkajs-inside.ts';
import { epochOf, isOfPosition, type GroupHooks } from './kafkajs-patches.ts';
import { rawRecordsOf } from './kafkajs-records.ts';
import { KafkaSession, type SessionHost } from './kafkajs-session.ts';
import { offsetsNow } from './kafkajs-offsets.ts';
import { settleStarts, topicOffsetsOf } from './kafkajs-starts.ts';
import { checkStreamSettings, productionSettings, type StreamSettings } from './kafkajs-settings.ts';
import {
  countPartitions,
  checkWritable,
  createTopicProducers,
  type TopicProducers,
} from './kafkajs-topic-producers.ts';
import { NO_CLAIMS, type MemberClaims } from '../../assignment/member-claims.ts';

const backingOf = (
  { stateDir, log }: KafkaStreamAppOptions,
  changelog: ChangelogClient | undefined,
): StateBacking | undefined =>
  stateDir === undefined || changelog === undefined ? undefined : { disk: createLmdbDisk(stateDir, log), changelog };

/** A stream app on kafkajs. @throws {StreamError} BAD_SETTING, DUPLICATE_INPUT */
export const createKafkaStreamApp = (options: KafkaStreamAppOptions): StreamApp => new KafkaStreamApp(options);

class KafkaStreamApp implements StreamApp, LogClient, SessionHost {
  readonly #options: KafkaStreamAppOptions;
  readonly #settings: StreamSettings;
  readonly #clock: Clock;
  readonly #kafka: kafkajs.Kafka;
  readonly #producers: TopicProducers;
  /** Undefined for an app without state. */
  readonly #changelog: ChangelogClient | undefined;
  readonly #runLoop: RunLoop;
  readonly #session: KafkaSession;
  readonly #metrics: StreamMetrics;
  readonly #partitionWatch: PartitionWatch;
  readonly #policyOf: (topic: string) => StartPolicy;
  /** Of the consumer in force, from its first join on. */
  #group: GroupInside | undefined;
  /** Kept when a consumer is given up: the next one asks for the same partitions again. */
  #claims: MemberClaims = NO_CLAIMS;
  #commitNotes: ReadonlyMap<string, string> = new Map();
  #phase: StreamState['phase'] = 'starting';
  #joinedOnce = false;
  #started: Promise<void> | undefined;
  #stopped: Promise<void> | undefined;
  #tellJoined: () => void = () => undefined;

  constructor(options: KafkaStreamAppOptions) {
    this.#options = options;
    this.#settings = checkStreamSettings(options.settings ?? productionSettings);
    this.#clock = options.clock ?? systemClock;
    this.#metrics = options.metrics ?? noMetrics;
    this.#partitionWatch = new PartitionWatch(options.definitions);
    this.#policyOf = startPoliciesOf(options.definitions);
    const { kafka } = this.#settings;
    this.#kafka = createKafka(options.connection, kafka, options.log);
    this.#producers = createTopicProducers(this.#kafka, { metadataAgeMs: kafka.metadataAgeMs });
    const { stateDir } = options;
    this.#changelog = stateDir === undefined ? undefined : createKafkaChangelog(this.#kafka, kafka);
    this.#runLoop = new RunLoop({
      ...options,
      clock: this.#clock,
      metrics: this.#metrics,
      settings: this.#settings.runLoop,
      client: this,
      state: backingOf(options, this.#changelog),
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
    const quietly = (work: Promise<void> | undefined): Promise<void> =>
      (work ?? Promise.resolve()).catch(() => undefined);
    const clients = [quietly(this.#producers.disconnect()), quietly(this.#changelog?.close())];
    const closed = Promise.all([this.#session.close(), ...clients]);
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

  /** Before the first join only: whoever has been running goes on with what can be written, and looks at the counts when it joins. */
  async beforeRun(): Promise<void> {
    if (this.#joinedOnce) return;
    const counts = await countPartitions(this.#kafka, this.#partitionWatch.topics);
    this.#partitionWatch.checkTogether((topic) => counts.get(topic) ?? 0);
    const outputs = (this.#options.outputs ?? []).map(({ name }) => name);
    await checkWritable(this.#kafka, [...outputs, deadLetterTopicFor(this.#options.groupId)]);
    await this.#producers.connect(outputs);
  }

  onLost(): void {
    this.#group = undefined;
    this.#runLoop.lost();
  }

  onFatal(error: Error): void {
    this.#runLoop.fail(error);
  }

  #hooks(): GroupHooks {
    return {
      coPartitioned: coPartitionedOf(this.#options.definitions),
      claims: () => this.#claims,
      beforeJoin: (group) => this.#beforeJoin(group),
      beforeFetch: (group, offsets) => this.#beforeFetch(group, offsets),
      epoch: () => this.#runLoop.epoch,
      noteEnd: (at, endOffset) => this.#runLoop.noteEnd(at, endOffset),
      notePassed: (at, nextOffset) => this.#runLoop.notePassed(this.#runLoop.epoch, at, nextOffset),
      pauseForLeader: () => delay(this.#clock, this.#settings.kafka.retryFirstMs),
    };
  }

  /** Before every join: drains what runs, heartbeating, so that the partition's next owner finds it finished and committed. */
  async #beforeJoin(group: GroupInside): Promise<void> {
    this.#group = group;
    // The group does not know us any more: what is drained now could not be committed, and somebody else does it again.
    if (group.memberId === null) return this.#runLoop.lost();
    if (this.#runLoop.partitions().length === 0) return this.#runLoop.revoke();
    const endBeats = this.#keepBeating(group, (error, tookMs) => {
      // The answer is "rebalance in progress": kafkajs calls it an error, but the group knows us, and what is drained may be sent.
      if (outageCode(error) === 'REBALANCE_IN_PROGRESS') this.#session.answered(tookMs);
    });
    await this.#runLoop.revoke();
    endBeats();
  }

  /** Once for each assignment: where it begins, said, counted and committed before anything is fetched. */
  async #beforeFetch(group: GroupInside, offsets: OffsetsInside): Promise<void> {
    // An app that has failed in its join is being closed: a request now would open a connection that nobody closes any more.
    if (!this.isWanted()) throw new StreamError('NOT_STARTED', 'retry', 'the app is stopping');
    const life = this.#startSession(group);
    const tell = this.#tellStart(life.checkAlive);
    const settling = { policyOf: this.#policyOf, nowMs: this.#clock.now(), tell };
    const { starts, notes } = await settleStarts(group, offsets, settling).finally(life.end);
    this.#commitNotes = notes;
    const { log, groupId } = this.#options;
    reportStarts(starts, { log, groupId, metrics: this.#metrics });
    this.#runLoop.noteStarts(starts);
  }

  #tellStart(checkWanted: () => void): TellStart {
    const { log } = this.#options;
    const { retryFirstMs: firstMs, retryMostMs: mostMs } = this.#settings.runLoop;
    const ports = { policyOf: this.#policyOf, clock: this.#clock, log, limits: { firstMs, mostMs } };
    const tell = startTeller({ ...ports, checkWanted });
    return (at, range) =>
      tell(at, range).catch((error: unknown) => {
        // kafkajs would ask again and again; a bug of the definition stops the process.
        if (!isOutage(error) && fateOf(error) !== 'retry') this.#runLoop.fail(errorOf(error));
        throw error;
      });
  }

  /** Says that we live while `startAt` is asked. */
  #startSession(group: GroupInside): { checkAlive: () => void; end: () => void } {
    let ended: unknown;
    let end = (): void => undefined;
    if (this.#options.definitions.some((each) => each.startAt !== undefined))
      end = this.#keepBeating(group, (error) => {
        ended ??= error;
        end();
      });
    const checkAlive = (): void => {
      if (ended !== undefined) throw errorOf(ended);
      if (!this.isWanted()) throw new StreamError('NOT_STARTED', 'retry', 'the app is stopping');
    };
    return { checkAlive, end };
  }

  #keepBeating(group: GroupInside, onRefused: HeartbeatOptions['onRefused']): () => void {
    return keepBeating(group, { clock: this.#clock, everyMs: this.#settings.kafka.heartbeatEveryMs, onRefused });
  }

  onJoin(assignment: Readonly<Record<string, number[]>>): void {
    this.#claims = { generation: this.#group?.generationId ?? NO_CLAIMS.generation, owned: assignment };
    if (!this.#areCountsRight()) return this.#tellJoined();
    this.#phase = 'running';
    this.#joinedOnce = true;
    const partitions = Object.entries(assignment).flatMap(([topic, list]) =>
      list.map((partition) => ({ topic, partition })),
    );
    this.#options.log.info('joined the group', { groupId: this.#options.groupId, partitions: partitions.length });
    this.#runLoop.assign(partitions);
    this.#tellJoined();
  }

  /** Whatever is wrong with the numbers of partitions stops the process before it takes a record under them. */
  #areCountsRight(): boolean {
    const known = this.#group?.partitionsPerSubscribedTopic;
    if (known === undefined || known === null) return true;
    try {
      this.#partitionWatch.check((topic) => known.get(topic)?.length ?? 0);
      return true;
    } catch (error) {
      this.#runLoop.fail(errorOf(error));
      return false;
    }
  }

  /** Never throws into kafkajs: a TypeError from here would stop the consumer without a word. */
  async onBatch(payload: kafkajs.EachBatchPayload): Promise<void> {
    const { batch } = payload;
    try {
      const { topic, partition } = batch;
      const epoch = epochOf(batch);
      const offsets = this.#group?.offsetManager ?? null;
      if (epoch === undefined || offsets === null || !isOfPosition(offsets, positionOf(batch))) return;
      const taken = this.#runLoop.deliver(
        epoch,
        { topic, partition },
        rawRecordsOf(batch),
        BigInt(batch.highWatermark),
      );
      if (taken === null) return;
      payload.resolveOffset(String(taken.last)); // before any await: under the same generation as the epoch just checked
      if (String(taken.last) === batch.messages.at(-1)?.offset)
        this.#runLoop.notePassed(epoch, { topic, partition }, BigInt(batch.lastOffset()) + 1n);
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
    const membership = this.#group?.offsetManager;
    if (membership === undefined || membership === null)
      throw new StreamError('NOT_STARTED', 'retry', 'the group was not joined yet');
    await membership.commitOffsets({ topics: topicOffsetsOf(offsets, this.#commitNotes) });
  }

  readonly produce: LogClient['produce'] = (records) => this.#producers.produce(records);

  async offsetsAt(partitions: readonly TopicPartition[], place: LogPlace): Promise<readonly bigint[]> {
    if (partitions.length === 0) return [];
    if (this.#group === undefined) throw new StreamError('KAFKA_UNAVAILABLE', 'retry', 'the group was not joined yet');
    try {
      return await offsetsNow(this.#group.cluster, partitions, place);
    } catch (error) {
      throw asStreamError(error, 'looking offsets up');
    }
  }

  /** On the positions of this assignment alone: kafkajs' own seek would outlast it, and move the next one. */
  seek({ topic, partition }: TopicPartition, offset: bigint): void {
    this.#group?.offsetManager?.resolveOffset({ topic, partition, offset: String(offset - 1n) });
  }

  isMember(): boolean {
    return !this.#session.isExpelled;
  }

  // ---- positions ----

  positions(): readonly PartitionPosition[] {
    return this.#session.isExpelled ? [] : this.#runLoop.positions();
  }

  rangesOf(partitions: readonly TopicPartition[]): Promise<readonly LogRange[]> {
    return this.#runLoop.rangesOf(partitions);
  }

  rewind(at: TopicPartition, offset: bigint): Promise<void> {
    return this.#runLoop.rewind(at, offset);
  }
}

/** kafkajs keeps the position that a batch was asked for with to itself. */
const positionOf = (batch: kafkajs.Batch): Pick<BatchInside, 'topic' | 'partition' | 'fetchedOffset'> =>
  batch as unknown as BatchInside;

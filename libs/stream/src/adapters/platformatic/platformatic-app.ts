import { reportStarts } from '../../assignment/report-starts.ts';
import { startPoliciesOf, type StartPolicy } from '../../assignment/start-offset.ts';
import { startTeller, type TellStart } from '../../assignment/told-start.ts';
import { coPartitionedOf, PartitionWatch } from '../../assignment/watch-partitions.ts';
import { backOffMs } from '../../back-off.ts';
import { delay, settledWithin, systemClock, type Clock } from '../../clock.ts';
import type { MembershipOptions } from '../../create-stream-app.ts';
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
import type { KafkaStreamAppOptions } from '../kafkajs/kafkajs-app-options.ts';
import { checkStreamSettings, productionSettings, type StreamSettings } from '../kafkajs/kafkajs-settings.ts';
import { AssignmentReader } from './assignment-reader.ts';
import { ClassicGroup } from './classic-group.ts';
import { ConsumerGroup } from './consumer-group.ts';
import type { GroupHooks, GroupMembership, PartitionCounts } from './group-port.ts';
import { KafkaLink, PLACES } from './kafka-link.ts';
import { nameOf } from '../../partition-name.ts';
import { asStreamError, isOutage, outageCode } from './platformatic-errors.ts';
import { createPlatformaticChangelog } from './platformatic-changelog.ts';
import { createTopicProducers, type TopicProducers } from './platformatic-producers.ts';
import { SessionHealth } from './session-health.ts';
import { knownOffset, settleStarts } from './settle-starts.ts';

export type PlatformaticStreamAppOptions = KafkaStreamAppOptions & MembershipOptions;

/** A stream app on the protocol layer of @platformatic/kafka; experimental. @throws {StreamError} BAD_SETTING, DUPLICATE_INPUT */
export const createPlatformaticStreamApp = (options: PlatformaticStreamAppOptions): StreamApp =>
  new PlatformaticStreamApp(options);

const START_FIRST_WAIT_MS = 250;

const backingOf = (
  { stateDir, log }: KafkaStreamAppOptions,
  changelog: ChangelogClient | undefined,
): StateBacking | undefined =>
  stateDir === undefined || changelog === undefined ? undefined : { disk: createLmdbDisk(stateDir, log), changelog };

class PlatformaticStreamApp implements StreamApp, LogClient, GroupHooks {
  readonly #options: PlatformaticStreamAppOptions;
  readonly #settings: StreamSettings;
  readonly #clock: Clock;
  readonly #link: KafkaLink;
  readonly #group: GroupMembership;
  readonly #producers: TopicProducers;
  /** Undefined for an app without state. */
  readonly #changelog: ChangelogClient | undefined;
  readonly #runLoop: RunLoop;
  readonly #health: SessionHealth;
  readonly #metrics: StreamMetrics;
  readonly #partitionWatch: PartitionWatch;
  readonly #policyOf: (topic: string) => StartPolicy;
  readonly #paused = new Set<string>();
  #commitNotes: ReadonlyMap<string, string> = new Map();
  #reader: AssignmentReader | undefined;
  #phase: StreamState['phase'] = 'starting';
  #joinedOnce = false;
  #lastFetchAt: number | null = null;
  #started: Promise<void> | undefined;
  #stopped: Promise<void> | undefined;
  #runLoopStopped: Promise<void> | undefined;
  #tellJoined: () => void = () => undefined;

  constructor(options: PlatformaticStreamAppOptions) {
    this.#options = options;
    this.#settings = checkStreamSettings(options.settings ?? productionSettings);
    this.#clock = options.clock ?? systemClock;
    this.#health = new SessionHealth(this.#clock, this.#settings);
    this.#metrics = options.metrics ?? noMetrics;
    this.#partitionWatch = new PartitionWatch(options.definitions);
    this.#policyOf = startPoliciesOf(options.definitions);
    this.#producers = createTopicProducers(options.connection, this.#settings.kafka);
    const { stateDir } = options;
    this.#changelog =
      stateDir === undefined ? undefined : createPlatformaticChangelog(options.connection, this.#settings.kafka);
    this.#runLoop = new RunLoop({
      ...options,
      clock: this.#clock,
      metrics: this.#metrics,
      settings: this.#settings.runLoop,
      client: this,
      state: backingOf(options, this.#changelog),
      onFatal: (error) => this.#failed(error),
    });
    const topics = this.#runLoop.topics.map(({ topic }) => topic);
    this.#link = new KafkaLink(options.connection, options.groupId, topics, this.#settings.kafka);
    this.#group = this.#createGroup(topics);
  }

  #createGroup(topics: readonly string[]): GroupMembership {
    const { groupId, groupProtocol = 'classic', instanceId = null, definitions } = this.#options;
    const ports = { link: this.#link, groupId, instanceId, topics, coPartitioned: coPartitionedOf(definitions) };
    const member = { ...ports, hooks: this, clock: this.#clock, settings: this.#settings.kafka };
    return groupProtocol === 'consumer' ? new ConsumerGroup(member) : new ClassicGroup(member);
  }

  // ---- the app ----

  start(): Promise<void> {
    this.#started ??= new Promise((resolve) => {
      this.#tellJoined = resolve;
      void this.#run();
    });
    return this.#started;
  }

  stop(): Promise<void> {
    this.#stopped ??= this.#stop();
    return this.#stopped;
  }

  state(): StreamState {
    const waitingFor = [...new Set([...(this.#health.isWaiting ? ['kafka'] : []), ...this.#runLoop.waitingFor()])];
    return {
      phase: this.#phase,
      joinedOnce: this.#joinedOnce,
      partitions: this.#health.isExpelled ? [] : this.#runLoop.partitions(),
      lastHeartbeatAt: this.#health.lastAnswerAt,
      lastFetchAt: this.#lastFetchAt,
      waitingFor,
    };
  }

  isLive(): boolean {
    if (this.#phase === 'failed') return false;
    if (this.#runLoop.longestProcessMs() > this.#settings.runLoop.processMsMax) return false;
    // A restart mends a client that has gone quiet, but not a broker that is down: then the app is alive and waits.
    return this.#phase !== 'running' || !this.#health.isStuck;
  }

  isReady(): boolean {
    return this.#joinedOnce && this.#phase === 'running';
  }

  async #stop(): Promise<void> {
    if (this.#phase !== 'failed') this.#phase = 'draining';
    this.#reader?.end();
    this.#runLoopStopped = this.#runLoop.stop();
    await this.#runLoopStopped;
    const changelogClosed = this.#changelog?.close().catch(() => undefined);
    const clients = [this.#producers.close(), changelogClosed];
    const closed = this.#group.leave().then(() => Promise.all([this.#link.close(), ...clients]));
    const inTime = await settledWithin(this.#clock, this.#settings.kafka.disconnectMs, closed);
    if (!inTime) this.#options.log.warn('gave up waiting for kafka to close; the group will notice by itself', {});
    if (this.#phase !== 'failed') this.#phase = 'stopped';
    this.#tellJoined();
  }

  #failed(error: Error): void {
    this.#phase = 'failed';
    this.#options.onFatal(error);
  }

  get #isWanted(): boolean {
    return this.#phase === 'starting' || this.#phase === 'running';
  }

  async #run(): Promise<void> {
    const { log, groupId, groupProtocol = 'classic' } = this.#options;
    log.info('the kafka client of this process is experimental', { client: 'platformatic', groupId, groupProtocol });
    try {
      await this.#awaitTopics();
      if (this.#isWanted) await this.#group.run();
    } catch (error) {
      if (this.#isWanted) this.#crashed(error);
    }
  }

  #crashed(error: unknown): void {
    const cause = errorOf(error);
    this.lost();
    if (cause instanceof StreamError) return this.#runLoop.fail(cause); // one of ours says what is wrong
    const said = `the kafka consumer stopped: ${outageCode(cause)}: ${cause.message}`;
    this.#runLoop.fail(new StreamError('CONSUMER_CRASHED', 'crash', said, { cause }));
  }

  /** Before the first join: what is read and what is written must be there. Says so once, and once when it is over. */
  async #awaitTopics(): Promise<void> {
    const inputs = this.#runLoop.topics.map(({ topic }) => topic);
    const outputs = (this.#options.outputs ?? []).map(({ name }) => name);
    for (let attempt = 1; this.#isWanted; attempt += 1) {
      try {
        const counts = new Map<string, number>();
        for (const topic of inputs) counts.set(topic, await this.#countPartitions(topic));
        this.#partitionWatch.checkTogether((topic) => counts.get(topic) ?? 0);
        return await this.#producers.checkWritable([...outputs, deadLetterTopicFor(this.#options.groupId)]);
      } catch (error) {
        if (!isWaitable(error)) throw error;
        this.unanswered(error);
        const { retryMostMs } = this.#settings.kafka;
        await delay(this.#clock, backOffMs({ firstMs: START_FIRST_WAIT_MS, mostMs: retryMostMs }, attempt));
      }
    }
  }

  async #countPartitions(topic: string): Promise<number> {
    try {
      return (await this.#link.metadata([topic])).topics.get(topic)?.partitionsCount ?? 0;
    } catch (error) {
      throw asStreamError(error, `the topic ${topic}`);
    }
  }

  // ---- the group's hooks ----

  /** A stop that is under way drains already, and joins no more. */
  async drain(): Promise<void> {
    this.#reader?.end();
    await (this.#runLoopStopped ?? this.#runLoop.revoke());
  }

  lost(): void {
    this.#reader?.end();
    this.#runLoop.lost();
  }

  assigned(partitions: readonly TopicPartition[], counts: PartitionCounts): void {
    if (!this.#isWanted) return;
    if (!this.#areCountsRight(counts)) return this.#tellJoined();
    this.#phase = 'running';
    this.#joinedOnce = true;
    this.#options.log.info('joined the group', { groupId: this.#options.groupId, partitions: partitions.length });
    this.#reader?.end();
    this.#paused.clear();
    this.#runLoop.assign(partitions);
    this.#reader = this.#createReader(partitions);
    void this.#reader.start();
    this.#tellJoined();
  }

  /** Whatever is wrong with the numbers of partitions stops the process before it takes a record under them. */
  #areCountsRight(counts: PartitionCounts): boolean {
    try {
      this.#partitionWatch.check((topic) => counts.get(topic) ?? 0);
      return true;
    } catch (error) {
      this.#runLoop.fail(errorOf(error));
      return false;
    }
  }

  answered(askedAt: number): void {
    if (this.#health.answered(askedAt)) this.#options.log.info('kafka is back', { groupId: this.#options.groupId });
  }

  unanswered(error: unknown): void {
    if (!this.#health.unanswered()) return;
    const { groupId, connection } = this.#options;
    this.#options.log.warn('waiting for kafka', {
      groupId,
      brokers: connection.brokers.join(','),
      code: outageCode(error),
      ...(error instanceof StreamError ? { doing: error.message } : {}),
    });
  }

  // ---- fetching ----

  #createReader(partitions: readonly TopicPartition[]): AssignmentReader {
    const { epoch } = this.#runLoop; // of this assignment: what it fetches is delivered under no other
    const ports = {
      link: this.#link,
      clock: this.#clock,
      log: this.#options.log,
      settings: this.#settings.kafka,
      starts: (list: readonly TopicPartition[], isWanted: () => boolean) => this.#startsOf(list, isWanted),
      isPaused: (at: TopicPartition) => this.#paused.has(nameOf(at)),
      noteEnd: (at: TopicPartition, endOffset: bigint) => this.#runLoop.noteEnd(at, endOffset),
      notePassed: (at: TopicPartition, nextOffset: bigint) => this.#runLoop.notePassed(epoch, at, nextOffset),
      onFetch: () => void (this.#lastFetchAt = this.#clock.now()),
      onFatal: (error: unknown) => this.#crashed(error),
    };
    const deliver: ConstructorParameters<typeof AssignmentReader>[0]['deliver'] = (at, fetched, endOffset) =>
      // After a SIGSTOP what was fetched before may come in front of the timer that ends the session.
      this.#health.isExpelled ? null : this.#runLoop.deliver(epoch, at, fetched.records, endOffset);
    return new AssignmentReader({ ...ports, deliver }, partitions);
  }

  /** What is committed, else what the definition says; decided, said, counted, and committed where it is new, before anything is fetched. */
  async #startsOf(
    partitions: readonly TopicPartition[],
    isWanted: () => boolean,
  ): Promise<ReadonlyMap<string, bigint>> {
    const { starts, notes } = await settleStarts(
      {
        link: this.#link,
        committed: (list) => this.#group.committed(list),
        policyOf: this.#policyOf,
        nowMs: this.#clock.now(),
        tell: this.#tellStart(isWanted),
      },
      partitions,
    );
    const news = starts.filter(({ mustCommit }) => mustCommit);
    // Of an assignment that is over nothing is written: another owner may have gone further. From here to the commit's capture nothing is awaited.
    if (!isWanted()) return new Map();
    this.#commitNotes = new Map([...this.#commitNotes, ...notes]);
    if (news.length > 0) await this.#group.commit(news, this.#commitNotes);
    const { log, groupId } = this.#options;
    reportStarts(starts, { log, groupId, metrics: this.#metrics });
    this.#runLoop.noteStarts(starts);
    return new Map(starts.map((start) => [nameOf(start), start.nextOffset]));
  }

  #tellStart(isWanted: () => boolean): TellStart {
    const { log } = this.#options;
    const { retryFirstMs: firstMs, retryMostMs: mostMs } = this.#settings.runLoop;
    const checkWanted = (): void => {
      if (!isWanted()) throw new StreamError('PARTITION_LOST', 'retry', 'the assignment is over');
    };
    const tell = startTeller({
      ...{ policyOf: this.#policyOf, clock: this.#clock, log, limits: { firstMs, mostMs }, checkWanted },
    });
    return (at, range) =>
      tell(at, range).catch((error: unknown) => {
        if (fateOf(error) !== 'retry') this.#runLoop.fail(errorOf(error)); // a bug of the definition
        throw error;
      });
  }

  // ---- positions ----

  positions(): readonly PartitionPosition[] {
    return this.#health.isExpelled ? [] : this.#runLoop.positions();
  }

  rangesOf(partitions: readonly TopicPartition[]): Promise<readonly LogRange[]> {
    return this.#runLoop.rangesOf(partitions);
  }

  rewind(at: TopicPartition, offset: bigint): Promise<void> {
    return this.#runLoop.rewind(at, offset);
  }

  // ---- the run loop's client ----

  async offsetsAt(partitions: readonly TopicPartition[], place: LogPlace): Promise<readonly bigint[]> {
    const topics = [...new Set(partitions.map(({ topic }) => topic))];
    const numbersOf = (name: string): number[] =>
      partitions.filter(({ topic }) => topic === name).map(({ partition }) => partition);
    try {
      const found = await Promise.all(
        topics.map((topic) => this.#link.offsetsAt(topic, numbersOf(topic), PLACES[place], true)),
      );
      const offsets = new Map(found.flatMap((each) => [...each]));
      return partitions.map((at) => knownOffset(offsets, nameOf(at)));
    } catch (error) {
      throw asStreamError(error, 'looking offsets up');
    }
  }

  seek(at: TopicPartition, offset: bigint): void {
    this.#reader?.seek(at, offset);
  }

  pause(at: TopicPartition): void {
    this.#paused.add(nameOf(at));
  }

  resume(at: TopicPartition): void {
    if (this.#paused.delete(nameOf(at))) this.#reader?.wake();
  }

  commit(offsets: readonly PartitionOffset[]): Promise<void> {
    return this.#group.commit(offsets, this.#commitNotes);
  }

  readonly produce: LogClient['produce'] = (records) => this.#producers.produce(records);

  isMember(): boolean {
    return !this.#health.isExpelled;
  }
}

const isWaitable = (error: unknown): boolean =>
  error instanceof StreamError ? error.fate === 'retry' : isOutage(error);

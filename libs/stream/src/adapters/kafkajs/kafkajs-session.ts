import type kafkajs from 'kafkajs';
import { backOffMs } from '../../back-off.ts';
import { delay, type Clock } from '../../clock.ts';
import { StreamError } from '../../errors.ts';
import { errorOf } from '../../fate.ts';
import type { StreamLogger } from '../../log.ts';
import { createConsumer } from './kafkajs-consumer.ts';
import type { KafkaConnection } from './kafkajs-connection.ts';
import { isOutage, outageCode } from './kafkajs-errors.ts';
import type { GroupHooks } from './kafkajs-patches.ts';
import type { KafkaSettings } from './kafkajs-settings.ts';

/** Whose session it is: told what happens, by a consumer that is in force. */
export interface SessionHost {
  /** False once the app stops or has failed. */
  isWanted(): boolean;
  /** Awaited before the consumer runs; may reject with an outage, and then all begins again. */
  beforeRun(): Promise<void>;
  onBatch(payload: kafkajs.EachBatchPayload): Promise<void>;
  /** Synchronous: kafkajs fetches as soon as this returns. */
  onJoin(assignment: Readonly<Record<string, number[]>>): void;
  /** The consumer has ended: nothing is ours until the next join. */
  onLost(): void;
  /** Called once, for an end that no wait mends. */
  onFatal(error: Error): void;
}

export interface SessionOptions {
  readonly kafka: kafkajs.Kafka;
  readonly connection: KafkaConnection;
  readonly groupId: string;
  readonly topics: readonly { topic: string; startFrom: 'earliest' | 'latest' }[];
  readonly settings: KafkaSettings;
  readonly hooks: GroupHooks;
  readonly clock: Clock;
  readonly log: StreamLogger;
  readonly host: SessionHost;
}

/** As kafkajs names the request. */
const HEARTBEAT = 'Heartbeat';

/** The life of an app's consumers: one after the other, a new one whenever Kafka went away for longer than the client bears. */
export class KafkaSession {
  readonly #options: SessionOptions;
  #consumer: kafkajs.Consumer | undefined;
  #waitingForKafka = false;
  #lastHeartbeatAt: number | null = null;
  #lastFetchAt: number | null = null;

  constructor(options: SessionOptions) {
    this.#options = options;
  }

  get isWaitingForKafka(): boolean {
    return this.#waitingForKafka;
  }

  /** UTC milliseconds when the group's coordinator was last asked something that it answered; null before the first. */
  get lastHeartbeatAt(): number | null {
    return this.#lastHeartbeatAt;
  }

  get lastFetchAt(): number | null {
    return this.#lastFetchAt;
  }

  /** No heartbeat was answered for a whole session: the group has given our partitions away, though nobody could tell us. */
  get isExpelled(): boolean {
    const { clock, settings } = this.#options;
    return this.#lastHeartbeatAt !== null && clock.now() - this.#lastHeartbeatAt >= settings.sessionMs;
  }

  /** Opens a consumer, again and again while Kafka or a topic is not there. Says so once, and once when it is over. */
  async open(): Promise<void> {
    const { host, settings, clock } = this.#options;
    for (let attempt = 1; host.isWanted(); attempt += 1) {
      try {
        await this.#openConsumer();
        return;
      } catch (error) {
        await this.close();
        if (!host.isWanted()) return;
        if (!isOutage(error)) return host.onFatal(crashed(error));
        this.#sayWaiting(error);
        await delay(clock, backOffMs({ firstMs: 250, mostMs: settings.retryMostMs }, attempt));
      }
    }
  }

  /** Leaves the group and disconnects. Never rejects. */
  async close(): Promise<void> {
    const consumer = this.#consumer;
    this.#consumer = undefined;
    await consumer?.disconnect().catch(() => undefined);
  }

  /** kafkajs refuses to pause before its run and after its end; then nothing is fetched anyway. */
  whileRunning(run: (consumer: kafkajs.Consumer) => void): void {
    try {
      if (this.#consumer !== undefined) run(this.#consumer);
    } catch (error) {
      this.#options.log.debug('kafkajs is not running', { code: outageCode(error) });
    }
  }

  async #openConsumer(): Promise<void> {
    const consumer = this.#createConsumer();
    this.#consumer = consumer;
    try {
      await this.#begin(consumer);
    } finally {
      // Closed meanwhile: what was on its way has opened connections again, or joined, and nobody else ends them.
      if (consumer !== this.#consumer) await consumer.disconnect().catch(() => undefined);
    }
  }

  async #begin(consumer: kafkajs.Consumer): Promise<void> {
    const { host, topics, settings } = this.#options;
    await consumer.connect();
    for (const { topic, startFrom } of topics) {
      if (!host.isWanted()) return;
      await consumer.subscribe({ topic, fromBeginning: startFrom === 'earliest' });
    }
    if (!host.isWanted()) return;
    await host.beforeRun();
    if (!host.isWanted()) return;
    await consumer.run({
      autoCommit: false,
      eachBatchAutoResolve: false,
      partitionsConsumedConcurrently: settings.partitionsAtOnceMax,
      eachBatch: (payload) => host.onBatch(payload),
    });
  }

  #createConsumer(): kafkajs.Consumer {
    const { kafka, groupId, settings, hooks, clock } = this.#options;
    const consumer = createConsumer(kafka, { groupId, settings, hooks });
    const { events } = consumer;
    consumer.on(events.GROUP_JOIN, ({ payload }) => this.#onJoin(consumer, payload.memberAssignment));
    let answerTookMs = 0;
    consumer.on(events.REQUEST, ({ payload }) => {
      if (payload.apiName === HEARTBEAT) answerTookMs = payload.duration;
    });
    consumer.on(events.HEARTBEAT, () => this.answered(answerTookMs));
    // A broker that hangs fails no request for a long time: each one that times out is retried inside the client.
    consumer.on(events.REQUEST_TIMEOUT, () => consumer === this.#consumer && this.#sayWaiting(new RequestTimeout()));
    consumer.on(events.FETCH, () => (this.#lastFetchAt = clock.now()));
    consumer.on(events.CRASH, ({ payload }) => this.#onCrash(consumer, payload.error));
    return consumer;
  }

  #onJoin(consumer: kafkajs.Consumer, assignment: Readonly<Record<string, number[]>>): void {
    if (consumer !== this.#consumer || !this.#options.host.isWanted()) return;
    this.answered();
    this.#options.host.onJoin(assignment);
  }

  #onCrash(consumer: kafkajs.Consumer, error: Error): void {
    const { host, clock, settings } = this.#options;
    if (consumer !== this.#consumer || !host.isWanted()) return;
    this.#consumer = undefined;
    host.onLost();
    if (!isOutage(error)) return host.onFatal(crashed(error));
    this.#sayWaiting(error);
    void delay(clock, settings.retryFirstMs).then(() => this.open());
  }

  #sayWaiting(error: unknown): void {
    if (this.#waitingForKafka) return;
    this.#waitingForKafka = true;
    const { groupId, connection, log } = this.#options;
    log.warn('waiting for kafka', {
      groupId,
      brokers: connection.brokers.join(','),
      code: outageCode(error),
      ...(error instanceof StreamError ? { doing: error.message } : {}),
    });
  }

  /**
   * The group's coordinator answered: the one sign that all is well. It counts from the question: an answer can have lain in a buffer for as long as
   * this process was stopped.
   */
  answered(tookMs = 0): void {
    this.#lastHeartbeatAt = this.#options.clock.now() - tookMs;
    if (!this.#waitingForKafka) return;
    this.#waitingForKafka = false;
    this.#options.log.info('kafka is back', { groupId: this.#options.groupId });
  }
}

class RequestTimeout extends Error {
  override readonly name = 'KafkaJSRequestTimeoutError';
}

/** One of ours that says what is wrong stays as it is. */
const crashed = (error: unknown): Error => {
  const cause = errorOf(error);
  if (cause instanceof StreamError) return cause;
  return new StreamError('CONSUMER_CRASHED', 'crash', `the kafka consumer stopped: ${cause.message}`, { cause });
};

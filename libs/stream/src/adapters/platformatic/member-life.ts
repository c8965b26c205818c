import { backOffMs } from '../../back-off.ts';
import { delay, type Clock } from '../../clock.ts';
import type { KafkaSettings } from '../kafkajs/kafkajs-settings.ts';
import { AnswerClock } from './answer-clock.ts';
import type { Sharing } from './group-assigners.ts';
import type { GroupHooks } from './group-port.ts';
import type { KafkaLink } from './kafka-link.ts';
import { isOutage } from './platformatic-errors.ts';

/** What a membership needs, by either protocol. */
export interface MemberPorts extends Sharing {
  readonly link: Pick<KafkaLink, 'ask' | 'metadata' | 'forgetMetadata'>;
  readonly groupId: string;
  /** Static membership: a name that survives a restart; null for none. */
  readonly instanceId: string | null;
  readonly settings: KafkaSettings;
  readonly clock: Clock;
  readonly hooks: GroupHooks;
}

/** What both protocols do alike: waiting, giving up waiting when the member leaves, and noticing that nobody answers. */
export class MemberLife {
  readonly #ports: MemberPorts;
  readonly #answers: AnswerClock;
  #left = false;
  #tellLeft: () => void = () => undefined;
  readonly #leaving = new Promise<void>((resolve) => (this.#tellLeft = resolve));
  #failures = 0;

  constructor(ports: MemberPorts) {
    this.#ports = ports;
    this.#answers = new AnswerClock(ports.clock, ports.settings.sessionMs, () => ports.hooks.lost());
  }

  get isLeft(): boolean {
    return this.#left;
  }

  /** When a question is asked: for {@link answered}. */
  now(): number {
    return this.#ports.clock.now();
  }

  /**
   * @param askedAt  when the question was asked, UTC milliseconds
   * @returns true if the session before was over: the partitions were given up here, though they may still be ours; false also if this one is over
   */
  answered(askedAt: number): boolean {
    if (this.#left) return false;
    const wasExpired = this.#answers.isExpired;
    this.#failures = 0;
    this.#answers.answered(askedAt);
    if (this.#answers.isExpired) return false;
    this.#ports.hooks.answered(askedAt);
    return wasExpired;
  }

  leave(): void {
    this.#left = true;
    this.#answers.stop();
    this.#tellLeft();
  }

  /** Ends early when the member leaves. */
  async pause(pauseMs: number): Promise<void> {
    await Promise.race([delay(this.#ports.clock, pauseMs), this.#leaving]);
  }

  /** @returns what it returned; undefined after an outage, backed off @throws what is none */
  async attempt<T>(work: () => Promise<T>): Promise<T | undefined> {
    try {
      return await work();
    } catch (error) {
      if (this.#left) return undefined;
      this.mustPass(error);
      this.#failures += 1;
      const { retryFirstMs: firstMs, retryMostMs: mostMs } = this.#ports.settings;
      await this.pause(backOffMs({ firstMs, mostMs }, this.#failures));
      return undefined;
    }
  }

  /** Says that Kafka is waited for. @throws what no wait will mend */
  mustPass(error: unknown): void {
    if (this.#left) return;
    if (!isOutage(error)) throw error;
    this.#ports.hooks.unanswered(error);
  }

  /** Drains, and meanwhile says that it lives: the answer does not matter, that the question was asked keeps the session. */
  async drainBeating(beat: () => Promise<unknown>): Promise<void> {
    let draining = true;
    const beats = async (): Promise<void> => {
      for (;;) {
        await this.pause(this.#ports.settings.heartbeatEveryMs);
        if (!draining || this.#left) return;
        await beat().catch(() => undefined);
      }
    };
    void beats();
    await this.#ports.hooks.drain();
    draining = false;
  }
}

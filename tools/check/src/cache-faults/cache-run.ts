import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { connectEstimateCache } from '@porchlight/estimate-cache';
import type { Say } from '../check.ts';
import { waitFor } from '../wait-for.ts';
import { CacheMember } from './cache-member.ts';
import type { FinalHome, History, SeenAnswer, VersionedInstant } from './history.ts';
import { judgeHistory, type HistoryBounds, type HistoryVerdict } from './judge-history.ts';
import type { MemberMessage, MemberOptions, Question } from './members/member-protocol.ts';
import { RedisAddress } from './redis-address.ts';
import { startRedis, type RedisServer, type RedisSettings } from './redis-server.adapter.ts';
import { Truth } from './truth.ts';
import type { World } from './world.ts';

const HOMES = 40;
const QUIET_MS = 20_000;
const DEADLINE_MS = 3_000;
/** More than a bill can have by itself: scenarios that pay per request while Redis is away say so. */
const SYNC_LANES = 3;
const REST_MS = 5;
const KEY_GENERATION = 'e1';

export interface RunOptions {
  readonly name: string;
  readonly homes?: number;
  readonly redis?: RedisSettings;
}

type MemberChoice = Partial<Omit<MemberOptions, 'name' | 'role'>>;

/** One scenario's world: a Redis behind an address, the truth, members, and a book of all that they say. */
export class CacheRun {
  readonly truth: Truth;
  readonly redis: RedisServer;
  readonly address: RedisAddress;
  readonly #world: World;
  readonly #name: string;
  readonly #members: CacheMember[] = [];
  readonly #acknowledged: VersionedInstant[] = [];
  readonly #answers: SeenAnswer[] = [];
  readonly #errors = new Map<string, number>();
  /** Outcomes of commands, by `command outcome`. */
  readonly outcomes = new Map<string, number>();
  /** What a question waits for before it is answered, by the member's name and the kind of question. */
  readonly #holds = new Map<string, Promise<void>>();

  private constructor(world: World, options: RunOptions, redis: RedisServer, address: RedisAddress) {
    const { homes = HOMES } = options;
    this.#world = world;
    this.#name = options.name;
    this.redis = redis;
    this.address = address;
    this.truth = new Truth(Array.from({ length: homes }, (_none, n) => `home-${n}`));
  }

  static async start(world: World, options: RunOptions): Promise<CacheRun> {
    const { folder, signal } = world;
    const redis = await startRedis({ name: 'primary', folder, signal, settings: options.redis ?? {} });
    world.onEnd(() => redis.stop());
    const address = await RedisAddress.leadingTo(redis.port);
    world.onEnd(() => address.close());
    return new CacheRun(world, options, redis, address);
  }

  get say(): Say {
    return this.#world.say;
  }

  get answers(): readonly SeenAnswer[] {
    return this.#answers;
  }

  async #start(name: string, role: MemberOptions['role'], choice: MemberChoice): Promise<CacheMember> {
    const options: MemberOptions = {
      name,
      role,
      redisUrl: this.address.url,
      keyGeneration: KEY_GENERATION,
      homes: this.truth.propertyIds,
      lanes: role === 'reader' ? SYNC_LANES : 1,
      restMs: REST_MS,
      deadlineMs: DEADLINE_MS,
      clockShiftMs: 0,
      holdsCommit: false,
      ...choice,
    };
    const logFile = join(this.#world.folder, `${this.#name}-${name}.log`);
    const member = await CacheMember.start(options, { logFile, on: (message, from) => this.#note(message, from) });
    this.#members.push(member);
    return member;
  }

  startReader(name: string, choice: MemberChoice = {}): Promise<CacheMember> {
    return this.#start(name, 'reader', choice);
  }

  startWarmer(name: string, choice: MemberChoice = {}): Promise<CacheMember> {
    return this.#start(name, 'warmer', { restMs: 4 * REST_MS, ...choice });
  }

  startInvalidator(name: string, choice: MemberChoice = {}): Promise<CacheMember> {
    return this.#start(name, 'invalidator', choice);
  }

  /** From now on such questions of this member wait. @returns lets them be answered */
  hold(member: string, what: Question['what']): () => void {
    const { promise, resolve } = Promise.withResolvers<void>();
    const key = `${member} ${what}`;
    this.#holds.set(key, promise);
    return () => {
      this.#holds.delete(key);
      resolve();
    };
  }

  /** Changes homes in turn for so long, one each `everyMs`; every fifth change is a new estimate. */
  async changeFor(ms: number, everyMs = 20): Promise<void> {
    const { propertyIds } = this.truth;
    const endsAt = performance.now() + ms;
    for (let n = 0; performance.now() < endsAt; n += 1) {
      this.#world.signal.throwIfAborted();
      const propertyId = propertyIds[(n * 7) % propertyIds.length] ?? '';
      if (n % 5 === 4) this.truth.changeEstimate(propertyId);
      else this.truth.changeFacts(propertyId);
      await delay(everyMs);
    }
  }

  until(what: string, isSo: () => boolean | Promise<boolean>, withinMs = QUIET_MS): Promise<boolean> {
    return waitFor(what, isSo, { withinMs, signal: this.#world.signal });
  }

  pass(ms: number): Promise<void> {
    return delay(ms, undefined, { signal: this.#world.signal });
  }

  hasAcknowledged(propertyId: string, version: number): boolean {
    return this.#acknowledged.some((each) => each.propertyId === propertyId && each.version >= version);
  }

  /** Waits until every change is applied and committed, then until all homes have been read once more; the members rest. */
  async history(): Promise<History> {
    await this.until('the last change to be committed', () => this.truth.lag === 0);
    const from = this.#answers.length;
    const homes = this.truth.propertyIds.length;
    const isReading = this.#members.length > 0 && this.#answers.length > 0;
    await this.pass(1_000);
    if (isReading && this.#answers.length > from) {
      await this.until('every home to be read once more', () => {
        const read = new Set(this.#answers.slice(from).map(({ propertyId }) => propertyId));
        return read.size === homes;
      });
    }
    for (const member of this.#members) member.send({ kind: 'rest' });
    await this.pass(DEADLINE_MS / 10);
    return {
      committed: this.truth.committed,
      acknowledged: this.#acknowledged,
      answers: this.#answers,
      billed: this.truth.billed,
      errors: this.#errors,
      final: await this.#final(),
    };
  }

  async judged(bounds: HistoryBounds): Promise<HistoryVerdict> {
    return judgeHistory(await this.history(), bounds);
  }

  async #final(): Promise<FinalHome[]> {
    const connection = await connectEstimateCache({
      url: this.redis.url,
      config: { keyGeneration: KEY_GENERATION },
    });
    try {
      const values = await connection.cache.read(this.truth.propertyIds);
      return values.flatMap((value) => {
        if (value === null) return [];
        const { visibilityVersion, estimateVersion } = this.truth.versionsOf(value.propertyId);
        return [
          {
            propertyId: value.propertyId,
            factsVersion: value.facts.visibilityVersion,
            estimateVersion: value.estimateVersion,
            trueFactsVersion: visibilityVersion,
            trueEstimateVersion: estimateVersion,
          },
        ];
      });
    } finally {
      await connection.close();
    }
  }

  #count(key: string): void {
    this.outcomes.set(key, (this.outcomes.get(key) ?? 0) + 1);
  }

  #note(message: MemberMessage, member: CacheMember): void {
    if (message.kind === 'ask') void this.#reply(message, member);
    if (message.kind === 'answer') this.#answers.push({ ...message.answer, member: member.name });
    if (message.kind === 'acknowledged') {
      this.#acknowledged.push(message);
      this.#count(`invalidate ${message.outcome}`);
    }
    if (message.kind === 'filled') this.#count(`fill ${message.outcome}`);
    if (message.kind === 'acquired') this.#count(`acquire ${message.outcome}`);
    if (message.kind === 'rejected') this.#count(`rejected ${message.reason}`);
    if (message.kind !== 'error') return;
    this.#errors.set(message.code, (this.#errors.get(message.code) ?? 0) + 1);
    this.#count(`error ${message.code} of ${message.command}`);
  }

  async #reply({ id, question }: Extract<MemberMessage, { kind: 'ask' }>, member: CacheMember): Promise<void> {
    const value = this.truth.reply(question); // read when it is asked for: what comes late is as old as its question
    await this.#holds.get(`${member.name} ${question.what}`);
    member.send({ kind: 'reply', id, value });
  }
}

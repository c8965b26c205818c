import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { deadLetterHeaders, deadLetterTopicFor, localSettings, type StreamSettings } from '@porchlight/stream';
import type { CatchUp, InputValue, OutputValue } from './members/member-protocol.ts';
import { findMiscounts } from './find-miscounts.ts';
import { judgeRun, tellSome, type RunBounds, type Verdict } from './judge-run.ts';
import { Load } from './load.ts';
import { Member } from './member.ts';
import type { InputPlace, InputRecord, OutputRecord, RunObservation } from './observation.ts';
import { OffsetSampler } from './offset-sampler.ts';
import { hasReached, longestPauseMs, recoveryMs } from './read-samples.ts';
import type { Figure, Seen } from '../faults/scenario.ts';
import { missedBy, NeverComes, waitFor } from '../wait-for.ts';
import { createTopic, mendCluster, type World } from './world.ts';

const FLOWING_MS = 40_000;
const CAUGHT_UP_MS = 60_000;
const KEYS = 60;

export interface GroupRunOptions {
  /** Short, lower case: part of the topics' and the group's names. */
  readonly name: string;
  readonly partitions?: number;
  readonly members?: number;
  readonly recordsPerSecond?: number;
  readonly handlerMs?: number;
  readonly settings?: StreamSettings;
  readonly keys?: number;
  readonly catchUp?: CatchUp;
  /** Reads the input of another run, on which nothing is sent by this one. */
  readonly inputOf?: GroupRun;
  /** Tasks with state, so large each entry; the changelog is made beside the other topics. */
  readonly state?: { readonly paddingBytes: number };
}

let runs = 0;

/** One group on topics of its own: members, a producer, and everything that is known of them. */
export class GroupRun {
  readonly world: World;
  readonly groupId: string;
  readonly input: string;
  readonly output: string;
  readonly members: Member[] = [];
  readonly recordsPerSecond: number;
  readonly partitions: number;
  readonly settings: StreamSettings;
  #sampler: OffsetSampler | undefined;
  readonly #options: GroupRunOptions;
  readonly #beganAt = performance.now();
  readonly #loads: Load[] = [];
  #started = 0;
  #faultAt: number | undefined;
  /** Members that may end by themselves: their fatal error is what the scenario is about. */
  readonly expectedToFail = new Set<Member>();

  private constructor(world: World, options: GroupRunOptions) {
    runs += 1;
    const name = `${options.name}-${process.pid}-${runs}`;
    this.world = world;
    this.#options = options;
    this.groupId = `check.${name}`;
    this.input = options.inputOf?.input ?? `check.${name}.in`;
    this.output = `check.${name}.out`;
    this.recordsPerSecond = options.recordsPerSecond ?? 400;
    this.partitions = options.partitions ?? 6;
    this.settings = options.settings ?? localSettings;
  }

  /** Topics made, members in the group and records flowing through all partitions. */
  static async flowing(world: World, options: GroupRunOptions): Promise<GroupRun> {
    const run = await GroupRun.idle(world, options);
    await run.startLoad();
    await Promise.all(Array.from({ length: options.members ?? 3 }, () => run.startMember()));
    await run.settled();
    run.say(
      `${run.members.length} members, ${run.partitions} partitions, ${run.recordsPerSecond} records a second flow`,
    );
    return run;
  }

  /** Topics only. */
  static async idle(world: World, options: GroupRunOptions): Promise<GroupRun> {
    const run = new GroupRun(world, options);
    if (options.inputOf === undefined) await createTopic(world, run.input, run.partitions);
    await createTopic(world, run.output, run.partitions);
    await createTopic(world, deadLetterTopicFor(run.groupId), 1);
    if (options.state !== undefined)
      await createTopic(world, run.changelog, run.partitions, { 'cleanup.policy': 'compact' });
    // Not before: a client that asks for a topic which is not there yet refuses everything else meanwhile.
    run.#sampler = new OffsetSampler(world, run);
    return run;
  }

  async startLoad(limits: { recordsPerSecond?: number; recordsMax?: number; keyPrefix?: string } = {}): Promise<Load> {
    const { world, input, recordsPerSecond } = this;
    const keys = this.#options.keys ?? KEYS;
    const options = { brokers: world.brokers, topic: input, keys, keyPrefix: 'k', recordsPerSecond, ...limits };
    const load = await Load.start(options, this.#logFile(`load-${this.#loads.length + 1}`), world.signal);
    this.#loads.push(load);
    return load;
  }

  /** @param stateDir  another folder than the member's own for its local copy */
  async startMember({ stateDir }: { stateDir?: string } = {}): Promise<Member> {
    const { world, groupId, input, output, settings } = this;
    const { handlerMs = 2, catchUp, state } = this.#options;
    this.#started += 1;
    const name = `m${this.#started}`;
    const member = await Member.start({
      ...{ brokers: world.brokers, groupId, input, output, settings, name, handlerMs },
      logFile: this.#logFile(name),
      ...(catchUp === undefined ? {} : { catchUp }),
      ...(state === undefined ? {} : { stateDir: stateDir ?? this.stateDirOf(name), ...state }),
    });
    this.members.push(member);
    return member;
  }

  /** Looks at the group's offsets since its topics are there. */
  get sampler(): OffsetSampler {
    if (this.#sampler === undefined) throw new Error('the topics of this run are not there yet');
    return this.#sampler;
  }

  /** The changelog of the group's state. */
  get changelog(): string {
    return `${this.groupId}.changelog`;
  }

  /** Where a member keeps its local copy. */
  stateDirOf(name: string): string {
    return join(this.world.folder, `${this.groupId}.${name}.state`);
  }

  living(): Member[] {
    return this.members.filter(({ hasExited }) => !hasExited);
  }

  /** Waits until the group is stable with every living member, and has committed something everywhere. */
  async settled(): Promise<void> {
    const { view, signal } = this.world;
    const stable = async () => {
      this.#throwIfFailed();
      return (await view.memberCount(this.groupId)) === this.living().length;
    };
    await waitFor('all members in the group', stable, { withinMs: FLOWING_MS, signal });
    const commits = async () => (await view.committed(this.groupId, this.input)).every((offset) => offset > 0);
    await waitFor('a commit in every partition', commits, { withinMs: FLOWING_MS, signal });
  }

  /** Nobody should wait for a group whose member has said that it stops. */
  #throwIfFailed(): void {
    const failed = this.members.find((member) => member.fatal !== undefined && !this.expectedToFail.has(member));
    if (failed !== undefined) throw new NeverComes(`${failed.name}: ${failed.fatal?.code} ${failed.fatal?.message}`);
  }

  /** Tells what happens, with the seconds since the first topic. */
  say(what: string): void {
    const seconds = ((performance.now() - this.#beganAt) / 1_000).toFixed(1);
    this.world.say(`${this.#options.name}: ${seconds} s: ${what}`);
  }

  /** The fault is done now: recovery counts from here. */
  markFault(what: string): void {
    this.say(what);
    this.#faultAt ??= performance.now();
  }

  /** Lets the load go on for a while. */
  async pass(ms: number): Promise<void> {
    await delay(ms, undefined, { signal: this.world.signal });
  }

  /** So many records a second and member, over so long: what a member that holds `partitions` may leave uncommitted. */
  recordsIn(ms: number, partitions = this.partitions): number {
    return Math.ceil((this.recordsPerSecond * ms * partitions) / this.partitions / 1_000);
  }

  /** Waits until everything is committed that is in the input now. */
  async caughtUp(withinMs = CAUGHT_UP_MS): Promise<void> {
    const limits = { withinMs, signal: this.world.signal };
    const { inputEnds: goal } = await waitFor('a look at the input', () => this.sampler.sample(), limits);
    const done = async () => hasReached((await this.sampler.sample()).committed, goal);
    await waitFor('everything committed', done, limits);
  }

  /** Ends the load, lets the group finish, mends the cluster, reads both topics, and judges. */
  async judged(bounds: RunBounds, more: Readonly<Record<string, Figure>> = {}): Promise<Seen> {
    const { observation, violations } = await this.ended();
    return this.seen(judgeRun(observation, bounds), violations, more);
  }

  /** Ends everything, and gives what is known: for scenarios that ask more of it than `judged` does. */
  async ended(): Promise<{ observation: RunObservation; violations: string[] }> {
    const loads = await Promise.all(this.#loads.map((load) => load.stop()));
    const acknowledged = new Map(loads.flatMap((load) => [...load]));
    this.say('the load has ended, the group finishes');
    const violations = (await missedBy(this.caughtUp())).map((missed) => `stuck: ${missed}`);
    if (violations.length === 0) this.say('everything is committed');
    await this.sampler.stop();
    await mendCluster(this.world, [this.input, this.output]);
    this.say('all replicas are in sync, the members leave');
    violations.push(...(await this.#stopMembers()));
    this.say('reading all that was sent and made');
    const { samples } = this.sampler;
    const [input, output] = await Promise.all([this.#readInput(), this.#readOutput()]);
    const endedOtherwise = await this.parked();
    const observation = { acknowledged, input, output, samples, endedOtherwise };
    if (this.#options.state !== undefined) violations.push(...tellSome('counted wrongly', findMiscounts(observation)));
    return { observation, violations };
  }

  seen(verdict: Verdict, violations: readonly string[], more: Readonly<Record<string, Figure>>): Seen {
    const { violations: judged, repeatedOf, ...counts } = verdict;
    const { samples } = this.sampler;
    const recovered = this.#faultAt === undefined ? undefined : recoveryMs(samples, this.#faultAt);
    const figures = {
      ...counts,
      repeatedOf: Object.entries(repeatedOf).map(([member, count]) => `${member} ${count}`),
      ...(recovered === undefined ? {} : { recoveredMs: recovered }),
      longestPauseMs: longestPauseMs(samples.filter(({ at }) => at >= (this.#faultAt ?? 0))),
      assignments: this.members.map(({ assignment }) => assignment),
      ...more,
    };
    return { violations: [...violations, ...judged], figures };
  }

  /** Places of the records that lie in the dead letters. */
  async parked(): Promise<InputPlace[]> {
    const places: InputPlace[] = [];
    await this.world.view.read(deadLetterTopicFor(this.groupId), ({ headers }) => {
      const partition = Number(headers[deadLetterHeaders.partition]);
      places.push({ partition, offset: Number(headers[deadLetterHeaders.offset]) });
    });
    return places;
  }

  async #stopMembers(): Promise<string[]> {
    const failed = this.members
      .filter((member) => member.fatal !== undefined && !this.expectedToFail.has(member))
      .map(({ name, fatal }) => `${name} stopped by itself: ${fatal?.code} ${fatal?.message}`);
    const left = await Promise.all(
      this.living().map(async (member) => ((await member.leave()) ? [] : [`${member.name} did not end when asked`])),
    );
    return [...failed, ...left.flat()];
  }

  async #readInput(): Promise<InputRecord[]> {
    const records: InputRecord[] = [];
    await this.world.view.read(this.input, ({ partition, offset, key, value, timestamp }) => {
      const parsed = parse<InputValue>(value);
      records.push({ partition, offset, key: key ?? '', sequence: parsed?.sequence ?? -1, timestamp });
    });
    return records;
  }

  async #readOutput(): Promise<OutputRecord[]> {
    const records: OutputRecord[] = [];
    await this.world.view.read(this.output, ({ partition, offset, key, value }) => {
      const made = parse<OutputValue>(value);
      if (made !== undefined)
        records.push({ ...made, key: key ?? '', outputPartition: partition, outputOffset: offset });
    });
    return records;
  }

  #logFile(process: string): string {
    return join(this.world.folder, `${this.groupId}.${process}.log`);
  }
}

function parse<T>(value: Buffer | null): T | undefined {
  try {
    return value === null ? undefined : (JSON.parse(value.toString()) as T);
  } catch {
    return undefined;
  }
}

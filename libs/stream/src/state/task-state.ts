import { randomUUID } from 'node:crypto';
import type { Clock } from '../clock.ts';
import { codeOf } from '../fate.ts';
import type { StreamLogger } from '../log.ts';
import type { StreamMetrics } from '../metrics.ts';
import type { KeyValueStore, Serde, StoreDefinition, TaskContext, TopicPartition } from '../port.ts';
import type { Lease } from '../run-loop/lane-ports.ts';
import { isPending, type MaybePromise } from '../run-loop/maybe-promise.ts';
import type { TaskHooks } from '../run-loop/task-hooks.ts';
import type { RunLoopSettings } from '../settings.ts';
import { appendFlush } from './append-flush.ts';
import type { ChangelogClient } from './changelog-client.ts';
import { checkpointBytes, type Marker } from './changelog-records.ts';
import { TypedStore } from './key-value-store.ts';
import { restoreState, type Restored } from './restore-state.ts';
import type { StateChange, StateDisk, StateEngine } from './state-engine.ts';
import { StateError } from './state-error.ts';
import { StateLayers } from './state-layers.ts';
import { ExpirySweep } from './sweep-expired.ts';

export interface TaskStatePorts {
  readonly groupId: string;
  readonly changelogTopic: string;
  readonly disk: StateDisk;
  readonly changelog: ChangelogClient;
  readonly serde: Serde;
  readonly clock: Clock;
  readonly log: StreamLogger;
  readonly metrics: StreamMetrics;
  readonly settings: RunLoopSettings;
  /** @throws {StateError} CHANGELOG_MISSING, CHANGELOG_MISMATCH; once it has passed it asks nobody again */
  checkChangelog(): Promise<void>;
  /** A commit is wanted before its time: the changes that wait have reached their bound. */
  onFull(): void;
}

/** While a commit writes, as many changes may wait for the next one; without this bound each commit that fails would let as many more come. */
const HELD_MOST = 2;

/**
 * Two sessions. Whoever lost a partition hears of it within one; who still holds it then was overtaken by a late barrier, or shares name and
 * folder with another group, and would commit nothing for ever.
 */
const LOST_MS_MAX = 60_000;

/** A restore says how far it is this often. */
const PROGRESS_EVERY_MS = 3_000;

/** What this owner stands at; made anew by each restore. */
interface Ownership {
  readonly id: string;
  epoch: bigint;
  /** Flushes so far. */
  flushes: number;
  /** Tries of them, each of which may still be on its way. */
  attempts: number;
  /** Where our last record in the changelog is followed. */
  nextOffset: bigint;
  marker: Marker;
  /** Keys whose last record in the changelog does not say what the disk says. */
  repairs: readonly Buffer[];
  /** The last offset that the group is known to have committed; undefined before the first record of this assignment. */
  committed: bigint | undefined;
  /** The first record of this assignment is where an operator set the group, or before the marker's base: everything counts again. */
  isRewound: boolean;
  /** Where an operator set the group, as long as the group has committed nothing since. */
  obeyed: bigint | undefined;
  /** Since when another has it (UTC milliseconds); undefined: nobody has. */
  lostSince: number | undefined;
  readonly lease: Lease;
}

/**
 * The state of one task: its stores, what was written to them since the last commit, and the order in which a commit makes that durable
 * [3]: the changelog, then the local copy, then (by the run loop) the group's offset. Any of them may be the last thing that a process does.
 */
export class TaskState implements TaskHooks {
  readonly #ports: TaskStatePorts;
  readonly #input: TopicPartition;
  readonly #at: TopicPartition;
  readonly #stores: readonly StoreDefinition<unknown>[];
  /** Records of several keys run side by side. */
  readonly #isByKey: boolean;
  readonly #sweep: ExpirySweep;
  #engine: StateEngine | undefined;
  #layers: StateLayers | undefined;
  #owned: Ownership | undefined;
  /** The flush under way; it never rejects. */
  #flushing: Promise<void> = Promise.resolve();

  constructor(
    ports: TaskStatePorts,
    input: TopicPartition,
    { stores, isByKey }: { stores: readonly StoreDefinition<unknown>[]; isByKey: boolean },
  ) {
    this.#ports = ports;
    this.#input = input;
    this.#at = { topic: ports.changelogTopic, partition: input.partition };
    this.#stores = stores;
    this.#isByKey = isByKey;
    const expiring = stores.filter(({ ttlMs }) => ttlMs !== undefined).map(({ name }) => name);
    this.#sweep = new ExpirySweep(expiring, ports.settings.stateSweepEntriesMax);
  }

  /** What `createTask` is given. */
  readonly context: TaskContext = {
    store: <V>(definition: StoreDefinition<V>): KeyValueStore<V> => this.#handleOf(definition),
  };

  // ---- the hooks of the lane ----

  async open(lease: Lease): Promise<void> {
    this.#owned = undefined;
    await this.#flushing; // an earlier assignment's, whose fate the restore reads in the changelog
    this.#layers = undefined;
    await this.#ports.checkChangelog();
    this.#engine ??= await this.#ports.disk.open(this.#ports.groupId, this.#input.partition);
    const id = randomUUID();
    const restored = await this.#restore(this.#engine, id, lease).catch((error: unknown) => this.#letGo(error));
    if (restored === undefined) return;
    this.#owned = this.#ownershipOf(id, restored, lease);
    this.#layers = new StateLayers(this.#engine);
    this.#ports.metrics.restored(this.#input, restored.records);
  }

  isDone(offset: bigint): boolean {
    const owned = this.#owned;
    if (owned === undefined) return false;
    const { base, next } = owned.marker;
    if (owned.committed === undefined) {
      owned.committed = offset;
      owned.obeyed = owned.lease.isSetByHand === true ? offset : undefined;
      const isNewOrder = owned.obeyed !== undefined && owned.obeyed !== owned.marker.obeyed;
      owned.isRewound = offset < base || isNewOrder;
    }
    if (owned.isRewound || offset >= next) return false;
    this.#ports.metrics.alreadyDone(this.#input);
    return true;
  }

  /** At the bound of changes that wait for a commit: no record may begin. */
  get isFull(): boolean {
    const layers = this.#layers;
    return layers !== undefined && (this.#isAtBound(layers.uncommitted, 1) || this.#isAtBound(layers.held, HELD_MOST));
  }

  #isAtBound({ changes, bytes }: { readonly changes: number; readonly bytes: number }, times: number): boolean {
    const { stateChangesMax, stateChangeBytesMax } = this.#ports.settings;
    return changes >= stateChangesMax * times || bytes >= stateChangeBytesMax * times;
  }

  attempt<T>(run: () => MaybePromise<T>, lease: Lease, key?: string | null): MaybePromise<T> {
    if (this.#layers === undefined) return run();
    const boundTo = this.#isByKey ? key : undefined;
    const result = this.#layers.attempt(run, { boundTo, isValid: () => lease.valid });
    if (isPending(result)) return Promise.resolve(result).finally(() => this.#tellIfFull());
    this.#tellIfFull();
    return result;
  }

  #tellIfFull(): void {
    if (this.isFull) this.#ports.onFull();
  }

  async beforeCommit(next: bigint | null, lease: Lease): Promise<void> {
    const { layers, engine, owned } = { layers: this.#layers, engine: this.#engine, owned: this.#owned };
    if (layers === undefined || engine === undefined || owned === undefined) return;
    this.#sweep.step(engine, layers, this.#ports.clock.now());
    const marker = this.#markerFor(owned, next);
    if (!this.#isWorthWriting(owned, layers, marker)) return;
    const changes = withRepairs(layers.beginFlush(), owned.repairs, engine);
    const flushed = this.#flush({ changes, marker, owned, engine, lease });
    this.#flushing = flushed.then(
      () => layers.endFlush(true),
      () => layers.endFlush(false),
    );
    await flushed.catch((error: unknown) => this.#judge(error, owned));
    await this.#flushing;
    owned.lostSince = undefined;
  }

  committed(next: bigint): void {
    if (this.#owned !== undefined) Object.assign(this.#owned, { committed: next, obeyed: undefined });
  }

  async close(): Promise<void> {
    await this.#flushing;
    this.#layers = undefined;
    await this.#engine?.close();
    this.#engine = undefined;
  }

  // ---- inside ----

  /** A copy that another has opened since is opened anew by the next try: it is ours again, for so the group has said. */
  async #letGo(error: unknown): Promise<never> {
    if (codeOf(error, '') === 'STATE_LOST') {
      const lost = this.#engine;
      this.#engine = undefined;
      await lost?.close();
    }
    throw error;
  }

  /** @throws the error, or STATE_TAKEN where it has been the same for too long */
  #judge(error: unknown, owned: Ownership): never {
    if (codeOf(error, '') !== 'STATE_LOST') throw error;
    const now = this.#ports.clock.now();
    owned.lostSince ??= now;
    if (now - owned.lostSince < LOST_MS_MAX) throw error;
    const { topic, partition } = this.#at;
    throw new StateError('STATE_TAKEN', `${topic}/${partition} is another's, and the group has not said so`, {
      cause: error,
    });
  }

  #restore(engine: StateEngine, ownerId: string, lease: Lease): Promise<Restored | undefined> {
    const { changelog, clock, log, settings } = this.#ports;
    return restoreState({
      at: this.#at,
      input: this.#input.topic,
      ownerId,
      engine,
      changelog,
      clock,
      log,
      isWanted: () => lease.taking,
      progressEveryMs: PROGRESS_EVERY_MS,
      changesMax: settings.stateChangesMax,
      changeBytesMax: settings.stateChangeBytesMax,
    });
  }

  #ownershipOf(id: string, { checkpoint, epoch, repairs }: Restored, lease: Lease): Ownership {
    const empty = { input: this.#input.topic, base: 0n, next: 0n, logId: id };
    return {
      id,
      epoch,
      repairs,
      flushes: 0,
      attempts: 0,
      nextOffset: checkpoint.offset,
      marker: checkpoint.marker ?? empty,
      committed: undefined,
      isRewound: false,
      obeyed: undefined,
      lostSince: undefined,
      lease,
    };
  }

  #markerFor({ marker, committed, obeyed }: Ownership, next: bigint | null): Marker {
    // Before its first record nobody knows where this assignment begins: the marker says what it said.
    if (committed === undefined) return { ...marker, next: next ?? marker.next };
    return { ...marker, next: next ?? marker.next, base: committed, obeyed };
  }

  /**
   * Offsets that moved without a change need no marker: what comes again changes nothing again. But once the group has committed all that the marker
   * stands for it is written once more, saying so: else an operator who then goes back a little would be taken for a redelivery.
   */
  #isWorthWriting({ repairs, marker: last }: Ownership, layers: StateLayers, marker: Marker): boolean {
    if (layers.uncommitted.changes > 0 || repairs.length > 0) return true;
    return last.base < last.next && marker.base >= last.next;
  }

  async #flush({ changes, marker, owned, engine, lease }: FlushPlan): Promise<void> {
    const { changelog, settings } = this.#ports;
    owned.attempts += 1;
    const stamp = { epoch: owned.epoch, flush: owned.flushes + 1, attempt: owned.attempts };
    const options = { at: this.#at, ownerId: owned.id, changelog, batchBytesMax: settings.produceBytesMax };
    const appended = await appendFlush(options, { changes, marker, stamp, expectedOffset: owned.nextOffset });
    owned.nextOffset = appended.nextOffset;
    if (appended.newEpoch !== undefined) {
      Object.assign(owned, { epoch: appended.newEpoch, flushes: 0 });
      throw new StateError('STATE_LOST', 'a barrier of ours came late; what was written is written again');
    }
    // From here the changelog has it: whoever restores has it too. The copy of a lost partition is left to its own restore.
    if (!lease.valid) throw new StateError('STATE_LOST', 'the partition went while its state was written');
    const offset = appended.nextOffset;
    await engine.write(changes, checkpointBytes({ offset, newest: stamp, marker }));
    Object.assign(owned, { flushes: stamp.flush, marker, repairs: appended.foreign });
  }

  #handleOf<V>(definition: StoreDefinition<V>): KeyValueStore<V> {
    if (!this.#stores.includes(definition))
      throw new StateError('STORE_NOT_DECLARED', `${definition.name} is not among the stores of the definition`);
    const { serde, clock, settings } = this.#ports;
    const layers = (): StateLayers => {
      if (this.#layers === undefined)
        throw new StateError('STATE_CLOSED', `${definition.name} is used before its restore has ended`);
      return this.#layers;
    };
    return new TypedStore(definition, { serde, clock, valueBytesMax: settings.outputRecordBytesMax, layers });
  }
}

interface FlushPlan {
  readonly changes: readonly StateChange[];
  readonly marker: Marker;
  readonly owned: Ownership;
  readonly engine: StateEngine;
  readonly lease: Lease;
}

/** The true values of keys that the changelog has wrong, beside the changes; a change of the same key says it already. */
function withRepairs(changes: StateChange[], repairs: readonly Buffer[], engine: StateEngine): StateChange[] {
  if (repairs.length === 0) return changes;
  const changed = new Set(changes.map(({ key }) => key.toString('latin1')));
  const others = repairs.filter((key) => !changed.has(key.toString('latin1')));
  return [...changes, ...others.map((key) => ({ key, value: engine.get(key) ?? null }))];
}

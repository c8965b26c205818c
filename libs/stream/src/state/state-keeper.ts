import { StreamError } from '../errors.ts';
import type { StoreDefinition, TaskDefinition, TopicPartition } from '../port.ts';
import type { ChangelogClient } from './changelog-client.ts';
import { changelogTopicFor } from './changelog-client.ts';
import type { StateDisk } from './state-engine.ts';
import { StateError } from './state-error.ts';
import { checkStoreName } from './store-key.ts';
import { TaskState, type TaskStatePorts } from './task-state.ts';

/** What state needs of the outside. */
export interface StateBacking {
  readonly disk: StateDisk;
  readonly changelog: ChangelogClient;
}

type Shared = Omit<TaskStatePorts, 'changelogTopic' | 'checkChangelog' | 'disk' | 'changelog'>;

/** Gives each task of a definition with stores its state. */
export class StateKeeper {
  readonly #shared: Shared;
  readonly #backing: StateBacking | undefined;
  readonly #topic: string;
  #checked = false;

  /** @throws {StateError} STATE_NEEDS_ORDER, STATE_NEEDS_ONE_INPUT, STORE_NAME_INVALID, STATE_NOT_WIRED */
  constructor(shared: Shared, definitions: readonly TaskDefinition<unknown>[], backing: StateBacking | undefined) {
    this.#shared = shared;
    this.#backing = backing;
    this.#topic = changelogTopicFor(shared.groupId);
    const withStores = definitions.filter(({ stores = [] }) => stores.length > 0);
    withStores.forEach(checkDefinition);
    if (withStores.length > 1)
      throw new StateError('STATE_NEEDS_ONE_INPUT', `two definitions of ${shared.groupId} have stores`);
    if (withStores.length > 0 && backing === undefined)
      throw new StateError('STATE_NOT_WIRED', `${shared.groupId} has stores, and no folder for them (stateDir)`);
  }

  /** @returns undefined for a definition without stores */
  stateOf(at: TopicPartition, { stores = [], order }: TaskDefinition<unknown>): TaskState | undefined {
    if (stores.length === 0 || this.#backing === undefined) return undefined;
    const ports = { ...this.#shared, ...this.#backing, changelogTopic: this.#topic };
    return new TaskState({ ...ports, checkChangelog: () => this.#check(at.topic) }, at, {
      stores,
      isByKey: order !== 'partition',
    });
  }

  async #check(input: string): Promise<void> {
    if (this.#checked || this.#backing === undefined) return;
    const { changelog } = this.#backing;
    const [found, read] = [await changelog.describe(this.#topic), await changelog.describe(input)];
    if (found === null) throw new StateError('CHANGELOG_MISSING', `there is no topic ${this.#topic} yet`);
    if (found.cleanupPolicy !== 'compact') {
      const fault = `${this.#topic} has cleanup.policy ${found.cleanupPolicy}: what it deletes no lost disk can have back`;
      throw new StateError('CHANGELOG_MISMATCH', `${fault}. Set it to "compact".`);
    }
    if (read !== null && found.partitions < read.partitions)
      // As a member says that sees it grow: whoever starts later meets the same, and the remedy is one.
      throw new StreamError(
        'TOPIC_GREW',
        'crash',
        `${input} has ${read.partitions} partitions and ${this.#topic} ${found.partitions}: keys have moved and their state has not. ` +
          'What to do: libs/stream/README.md, "A topic of a task with state grew"',
      );
    if (read !== null && found.partitions !== read.partitions) {
      const fault = `${this.#topic} has ${found.partitions} partitions and ${input} ${read.partitions}`;
      throw new StateError('CHANGELOG_MISMATCH', `${fault}: state follows the partition of its input.`);
    }
    this.#checked = true;
  }
}

function checkDefinition({ inputs, order, stores = [] }: TaskDefinition<unknown>): void {
  const names = stores.map(({ name }: StoreDefinition<unknown>) => name);
  names.forEach(checkStoreName);
  if (new Set(names).size < names.length)
    throw new StateError('STORE_NAME_INVALID', `two stores have one name: ${names.join(', ')}`);
  const stored = names.join(', ');
  if (order !== 'partition' && order.keyOrder !== 'kept')
    throw new StateError('STATE_NEEDS_ORDER', `the task with the stores ${stored} must keep the order of its keys`);
  if (inputs.length !== 1)
    throw new StateError('STATE_NEEDS_ONE_INPUT', `the task with the stores ${stored} must have one input`);
}

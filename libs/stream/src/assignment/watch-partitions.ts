import { checkCoPartitions } from './check-co-partitions.ts';
import { StreamError } from '../errors.ts';
import type { TaskDefinition } from '../port.ts';

/** Has a state of its own on disk, whose place depends on the number of partitions. */
export const isStateful = (definition: TaskDefinition<unknown>): boolean => (definition.stores?.length ?? 0) > 0;

/** The inputs of each definition that says that they belong together. */
export const coPartitionedOf = (definitions: readonly TaskDefinition<unknown>[]): string[][] =>
  definitions.filter(({ coPartitioned }) => coPartitioned === true).map(({ inputs }) => inputs.map(({ name }) => name));

/** Looks at the numbers of partitions at every join of one process. */
export class PartitionWatch {
  readonly #statefulTopics: readonly string[];
  readonly #coPartitioned: readonly (readonly string[])[];
  readonly #first = new Map<string, number>();

  constructor(definitions: readonly TaskDefinition<unknown>[]) {
    const stateful = definitions.filter(isStateful);
    this.#statefulTopics = stateful.flatMap(({ inputs }) => inputs.map(({ name }) => name));
    this.#coPartitioned = coPartitionedOf(definitions);
  }

  /** Topics whose counts must be known before the first join. */
  get topics(): readonly string[] {
    return [...new Set(this.#coPartitioned.flat())];
  }

  /** @throws {StreamError} CO_PARTITION_MISMATCH */
  checkTogether(partitionsOf: (topic: string) => number): void {
    checkCoPartitions(this.#coPartitioned, partitionsOf);
  }

  /**
   * At a join, before any record. Stateless tasks take new partitions as they come.
   *
   * @throws {StreamError} CO_PARTITION_MISMATCH; TOPIC_GREW for a topic of a task with state that has more partitions than when this process began:
   *         the same key is in another partition from then on, and its state is not
   */
  check(partitionsOf: (topic: string) => number): void {
    this.checkTogether(partitionsOf);
    for (const topic of this.#statefulTopics) {
      const partitions = partitionsOf(topic);
      const before = this.#first.get(topic) ?? partitions;
      this.#first.set(topic, before);
      if (partitions > before) throw topicGrew(topic, before, partitions);
    }
  }
}

const topicGrew = (topic: string, before: number, partitions: number): StreamError =>
  new StreamError(
    'TOPIC_GREW',
    'crash',
    `${topic} had ${before} partitions and has ${partitions}: keys have moved and their state has not. Stop the group, make its changelog anew ` +
      'with as many partitions, set its startpoint back to where the state can be built from (libs/stream/README.md, "A topic of a task with state grew")',
  );

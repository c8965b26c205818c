import { compareText, type AssignmentInput, type AssignmentMember } from './assignment-port.ts';

/** Topics whose partitions of one number form one unit, shared out among the same members. */
export interface TaskSet {
  readonly topics: readonly string[];
  /** Units, numbered from 0: as many as the largest of the topics has partitions. */
  readonly units: number;
  /** Ids of the members that read all of these topics, in order; never empty. */
  readonly eligible: readonly string[];
}

/**
 * One set for each declared group of topics, one for every other topic that somebody reads. A declared group that no member reads whole (an
 * upgrade adds an input) falls apart into its topics, so that no partition is left out.
 */
export function taskSetsOf({ members, partitions, coPartitioned }: AssignmentInput): TaskSet[] {
  const read = new Set(members.flatMap(({ topics }) => topics).filter((topic) => partitions.has(topic)));
  const sets: TaskSet[] = [];
  const add = (topics: readonly string[]): void => {
    const eligible = readersOf(members, topics);
    if (eligible.length === 0) return;
    sets.push({ topics, eligible, units: Math.max(...topics.map((topic) => partitions.get(topic) ?? 0)) });
    topics.forEach((topic) => read.delete(topic));
  };
  for (const group of coPartitioned) {
    const topics = [...new Set(group)].filter((topic) => read.has(topic)).toSorted(compareText);
    if (topics.length > 0) add(topics);
  }
  for (const topic of [...read].toSorted(compareText)) add([topic]);
  return sets;
}

const readersOf = (members: readonly AssignmentMember[], topics: readonly string[]): string[] =>
  members
    .filter((member) => topics.every((topic) => member.topics.includes(topic)))
    .map(({ memberId }) => memberId)
    .toSorted(compareText);

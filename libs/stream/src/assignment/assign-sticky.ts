import {
  compareText,
  type Assignment,
  type AssignmentInput,
  type AssignmentMember,
  type PartitionsByTopic,
} from './assignment-port.ts';
import { settleClaims, type OwnerOf } from './partition-claims.ts';
import { shareExtras } from './share-extras.ts';
import { taskSetsOf, type TaskSet } from './task-sets.ts';

/**
 * Shares the partitions out among the members of a group. Pure: the same input gives the same answer, in whatever order it is given.
 *
 * - Topics that are declared co-partitioned move together: one unit is partition n of all of them. Any other topic is a set of its own.
 * - Even: of each set, two members that read it differ by one unit at most; over all sets, members that read the same differ by one at most.
 * - Least movement: of all even assignments, one that leaves the most units where they are. A member that leaves moves what it held; one that
 *   joins takes what evenness needs.
 *
 * @returns every partition of every topic that somebody reads, once
 */
export function assignSticky(input: AssignmentInput): Assignment {
  const memberIds = input.members.map(({ memberId }) => memberId).toSorted(compareText);
  const sets = taskSetsOf(input).map((set) => withHolders(set, settleClaims(input.members)));
  const extras = shareExtras(sets.map(extrasOf), evenSharesOf(memberIds, sets));
  const assignment = new Map<string, Record<string, number[]>>(memberIds.map((id) => [id, {}]));
  sets.forEach((set, index) => {
    const quotaOf = (id: string): number => evenShareOf(set) + (extras[index]?.has(id) === true ? 1 : 0);
    shareUnits(set, quotaOf).forEach((memberId, unit) => give(assignment.get(memberId), set, unit, input.partitions));
  });
  return assignment;
}

/** @returns how many partitions are with another member than before, or with one where nobody was: for tests and for the log */
export function countMoved(members: readonly AssignmentMember[], assignment: Assignment): number {
  const ownerOf = settleClaims(members);
  return [...assignment].reduce(
    (sum, [memberId, owned]) => sum + partitionsOf(owned).filter((at) => ownerOf(...at) !== memberId).length,
    0,
  );
}

interface HeldSet extends TaskSet {
  /** Who holds each unit now; undefined where nobody does who may. */
  readonly holders: readonly (string | undefined)[];
}

const partitionsOf = (owned: PartitionsByTopic): [string, number][] =>
  Object.entries(owned).flatMap(([topic, list]) => list.map((partition): [string, number] => [topic, partition]));

const evenShareOf = ({ units, eligible }: TaskSet): number => Math.floor(units / eligible.length);

const withHolders = (set: TaskSet, ownerOf: OwnerOf): HeldSet => ({
  ...set,
  holders: Array.from({ length: set.units }, (_, unit) => holderOf(set, unit, ownerOf)),
});

/** Whoever holds most of a unit's partitions: they were apart before (another assigner), and come together with the least movement. */
function holderOf({ topics, eligible }: TaskSet, unit: number, ownerOf: OwnerOf): string | undefined {
  const held = new Map<string, number>();
  for (const topic of topics) {
    const owner = ownerOf(topic, unit);
    if (owner !== undefined && eligible.includes(owner)) held.set(owner, (held.get(owner) ?? 0) + 1);
  }
  return [...held].toSorted(([a, most], [b, more]) => more - most || compareText(a, b))[0]?.[0];
}

function extrasOf(set: HeldSet): { eligible: readonly string[]; count: number; keepers: ReadonlySet<string> } {
  const share = evenShareOf(set);
  const heldBy = (id: string): number => set.holders.filter((holder) => holder === id).length;
  const keepers = new Set(set.eligible.filter((id) => heldBy(id) > share));
  return { eligible: set.eligible, count: set.units % set.eligible.length, keepers };
}

const evenSharesOf = (memberIds: readonly string[], sets: readonly HeldSet[]): ReadonlyMap<string, number> =>
  new Map(
    memberIds.map((id) => [
      id,
      sets.filter(({ eligible }) => eligible.includes(id)).reduce((sum, set) => sum + evenShareOf(set), 0),
    ]),
  );

/** @returns the member of each unit: holders keep up to their quota, the rest goes to whoever has most room, in order */
function shareUnits({ units, eligible, holders }: HeldSet, quotaOf: (id: string) => number): string[] {
  const room = new Map(eligible.map((id) => [id, quotaOf(id)]));
  const take = (id: string): string => (room.set(id, (room.get(id) ?? 0) - 1), id);
  const kept = holders.map((holder) =>
    holder !== undefined && (room.get(holder) ?? 0) > 0 ? take(holder) : undefined,
  );
  const roomiest = (): string =>
    eligible.reduce((best, id) => ((room.get(id) ?? 0) > (room.get(best) ?? 0) ? id : best), eligible[0] ?? '');
  return Array.from({ length: units }, (_, unit) => kept[unit] ?? take(roomiest()));
}

function give(
  owned: Record<string, number[]> | undefined,
  { topics }: TaskSet,
  unit: number,
  partitions: ReadonlyMap<string, number>,
): void {
  if (owned === undefined) return;
  for (const topic of topics) if (unit < (partitions.get(topic) ?? 0)) (owned[topic] ??= []).push(unit);
}

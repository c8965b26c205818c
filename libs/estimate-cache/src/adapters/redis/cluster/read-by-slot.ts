import { CacheUnavailable } from '../../../errors.ts';
import type { Result } from '../pipeline-results.ts';
import { cacheErrorOf } from '../redis-errors.ts';
import { within } from '../within.ts';
import type { ClusterNode } from './cluster-node.ts';
import { redirectionOf, type Redirection } from './redirection.ts';
import { slotOf } from './slot-of.ts';

/** The keys of one slot, by their places in what was asked. */
interface SlotKeys {
  readonly keys: string[];
  readonly places: number[];
}

/** What was found by place, and the places that are to be asked for one key at a time. */
export interface ReadBySlot {
  readonly found: (Buffer | Error | null)[];
  readonly again: readonly number[];
  /** What nodes said of slots that are not theirs. */
  readonly redirections: readonly Redirection[];
}

type OwnerOf = (slot: number) => ClusterNode | undefined;

function groupByNode(
  ownerOf: OwnerOf,
  keys: readonly string[],
): { groups: Map<ClusterNode, Map<number, SlotKeys>>; closed: number[] } {
  const groups = new Map<ClusterNode, Map<number, SlotKeys>>();
  const closed: number[] = [];
  keys.forEach((key, place) => {
    const slot = slotOf(key);
    const node = ownerOf(slot);
    if (node === undefined || !node.isOpen()) return void closed.push(place);
    const slots = groups.get(node) ?? new Map<number, SlotKeys>();
    if (slots.size === 0) groups.set(node, slots);
    const group = slots.get(slot);
    if (group === undefined) slots.set(slot, { keys: [key], places: [place] });
    else {
      group.keys.push(key);
      group.places.push(place);
    }
  });
  return { groups, closed };
}

const resultOf = (answer: Promise<unknown>): Promise<Result> =>
  answer.then(
    (reply): Result => [null, reply],
    (error: Error): Result => [error, null],
  );

/** One pipeline with an MGET for each slot: homes share slots, so that is about half as many commands as keys. */
async function readFromNode({ redis }: ClusterNode, slots: readonly SlotKeys[], timeoutMs: number): Promise<Result[]> {
  try {
    const [only] = slots;
    // One home, the commonest question: a pipeline of one command costs more than the command.
    if (slots.length === 1 && only !== undefined)
      return [await within(timeoutMs, resultOf(redis.mgetBuffer(only.keys)))];
    const pipeline = redis.pipeline();
    for (const { keys } of slots) pipeline.mgetBuffer(keys);
    const results = await within(timeoutMs, pipeline.exec());
    if (results === null) throw new CacheUnavailable('the pipeline was not run');
    return results;
  } catch (error) {
    return slots.map(() => [cacheErrorOf(error), null]);
  }
}

/**
 * Reads keys where they are thought to be: one pipeline for each node, side by side.
 *
 * @returns `again`: of nodes that are not connected, and of slots that a node did not answer for. One that has moved, or is
 *   on its way (MGET of keys on both sides is refused), is answered when its keys are asked for one at a time.
 */
export async function readBySlot(ownerOf: OwnerOf, keys: readonly string[], timeoutMs: number): Promise<ReadBySlot> {
  const found = new Array<Buffer | Error | null>(keys.length).fill(null);
  const { groups, closed } = groupByNode(ownerOf, keys);
  const again = [...closed];
  const redirections: Redirection[] = [];
  await Promise.all(
    [...groups].map(async ([node, group]) => {
      const slots = [...group.values()];
      const results = await readFromNode(node, slots, timeoutMs);
      slots.forEach(({ places }, i) => {
        const [error, reply] = results[i] ?? [new CacheUnavailable('a pipeline gave too few answers'), null];
        if (error === null) places.forEach((place, n) => (found[place] = (reply as (Buffer | null)[])[n] ?? null));
        else if (error.name === 'ReplyError') {
          again.push(...places);
          redirections.push(...[redirectionOf(error, node.address)].filter((each) => each !== null));
        } else for (const place of places) found[place] = error;
      });
    }),
  );
  return { found, again, redirections };
}

import { searchStates, type Layer } from '@porchlight/state-search';
import { readableValue } from '../../home-state.ts';
import { freshnessOf, type FeedMark } from '../../freshness.ts';
import { feedMarkOf } from '../watermark.ts';
import type { BucketMark, FeedProgress } from '../port.ts';
import { createMarkEncoder } from './encode.ts';
import { memoryMoves } from './memory-moves.ts';
import { outsideMoves } from './outside-moves.ts';
import { firstState, type MarkState, type MarkWorld } from './state.ts';
import { tell } from './tell.ts';
import { writerMoves } from './writer-moves.ts';

/** The mark that a reader gives to `freshnessOf` in this state. */
function markInUse(state: MarkState, world: MarkWorld, bucket: number): FeedMark | null {
  const believed = (mark: BucketMark | undefined, row: FeedProgress | null): FeedMark | null => {
    if (mark === undefined || row === null) return null;
    const isUncapped = world.without === 'the cap by the row';
    return feedMarkOf(mark, isUncapped ? { ...row, publishedUntilAt: Number.MAX_SAFE_INTEGER } : row);
  };
  if (world.reader === 'sees') return believed(state.memories[bucket]?.mark, state.row);
  const { reading, readRow } = state;
  if (reading === null || reading.connectionsLost !== state.connectionsLost) return null;
  return believed(reading.marks[bucket], readRow);
}

/**
 * Promise (2): no value that contradicts a change counts as fresh once the change is older than feedStaleMs. A value counts
 * as fresh while `asOfAt` is not older than that; so no value may count as of a change, or of later, that it contradicts.
 */
function judge(state: MarkState, world: MarkWorld): string | null {
  for (const [home, { bucket }] of world.homes.entries()) {
    const held = state.memories[bucket]?.homes[home];
    const value = held === undefined ? null : readableValue(held);
    const contradictedAt = value && state.changedAt[home]?.[value.facts.visibilityVersion - 1];
    if (value === null || contradictedAt === null || contradictedAt === undefined) continue;
    const mark = markInUse(state, world, bucket);
    const { asOfAt } = freshnessOf(value, { databaseNow: state.now, cacheNow: 0, mark });
    if (asOfAt < contradictedAt) continue;
    const { visibilityVersion } = value.facts;
    const why = `watermark ${mark?.watermarkAt}, since ${mark?.sinceAt}`;
    return `home ${home}: facts ${visibilityVersion} count as of ${contradictedAt}, when ${visibilityVersion + 1} was committed (${why})`;
  }
  return null;
}

/** How a search ended: every state was seen, or a promise is broken. */
export interface Searched {
  readonly states: number;
  /** The longest shortest way to a state; with a story, how many steps it has. */
  readonly depth: number;
  /** The shortest way to a breach, as a story; null: there is none, and every state was seen. */
  readonly story: string | null;
}

/** More states than this are a mistake in the world's definition. */
const STATES_MAX = 2_000_000;

/**
 * Everything that can happen in this world of marks, and whether a promise breaks.
 *
 * @param options.onLayer  told after each layer
 * @throws {WorldTooLarge} beyond STATES_MAX states
 */
export function searchMarks(world: MarkWorld, { onLayer }: { onLayer?: (layer: Layer) => void } = {}): Searched {
  const { states, depth, found } = searchStates({
    name: world.name,
    first: firstState(world),
    movesOf: (state) => [
      ...outsideMoves(state, world),
      ...state.memories.flatMap((_, bucket) => memoryMoves(state, world, bucket)),
      ...writerMoves(state, world),
    ],
    encode: createMarkEncoder(),
    judgeState: (state) => judge(state, world),
    judgeMove: ({ breach }) => breach,
    statesMax: STATES_MAX,
    ...(onLayer && { onLayer }),
  });
  return { states, depth, story: found && tell(found) };
}

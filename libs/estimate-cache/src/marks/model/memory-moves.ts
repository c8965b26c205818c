import { emptyHome } from '../../home-state.ts';
import { emptyMark } from '../bucket-mark.ts';
import type { Move } from './move.ts';
import type { BucketMemory, MarkLimits, MarkState, MarkWorld } from './state.ts';

export const spend = (state: MarkState, what: keyof MarkLimits): MarkLimits => ({
  ...state.left,
  [what]: state.left[what] - 1,
});

export const replaced = <T>(items: readonly T[], at: number, item: T): readonly T[] =>
  items.map((each, i) => (i === at ? item : each));

/** The lowest that nobody knows any more. */
export function newEpochIn({ memories, copies, fetch }: MarkState): string {
  const flights = [...memories, ...copies].flatMap(({ homes }) => homes.map(({ flight }) => flight?.epoch));
  const known = new Set([...flights, fetch?.ticket.epoch]);
  for (let at = 0; ; at += 1) if (!known.has(`#${at}`)) return `#${at}`;
}

const move = (does: string, to: MarkState): Move => ({ who: 'redis', does, to, breach: null });

const emptyMemory = (world: MarkWorld): BucketMemory => ({
  mark: emptyMark,
  homes: world.homes.map(() => emptyHome),
});

/** A bucket under another run. */
const taken = (state: MarkState, bucket: number, memory: BucketMemory, run: number): MarkState => ({
  ...state,
  memories: replaced(state.memories, bucket, memory),
  copies: replaced(state.copies, bucket, memory),
  runs: replaced(state.runs, bucket, run),
  runsDrawn: Math.max(state.runsDrawn, run),
  hasLost: true,
});

/** Told apart by a reader that polls; one that sees everything needs no count. */
const lostConnection = (state: MarkState): MarkState =>
  state.reading === null ? state : { ...state, connectionsLost: state.connectionsLost + 1 };

/** Would every process that is on this run notice the gap? Only of such keys put back by hand is anything promised. */
function tells(state: MarkState, bucket: number, copy: BucketMemory): boolean {
  const run = runName(state, bucket);
  return state.logs.every((_, partition) => {
    const stored = copy.mark.partitions[`t/${partition}`]?.nextOffset;
    if (stored === undefined) return true;
    return state.sessions.every((sessions) => {
      const known = sessions[partition]?.ledger.buckets[bucket];
      return known === undefined || known.run !== run || known.fromOffset > stored;
    });
  });
}

export const runName = (state: MarkState, bucket: number): string => `r${state.runs[bucket] ?? 0}`;

/** What happens to the memory of one bucket. */
export function memoryMoves(state: MarkState, world: MarkWorld, bucket: number): Move[] {
  const { left, runsDrawn } = state;
  const memory = state.memories[bucket];
  const copy = state.copies[bucket];
  if (memory === undefined || copy === undefined) return [];
  const moves: Move[] = [];
  const isBehind = copy !== memory;
  if (left.copies > 0 && isBehind) {
    const to = { ...state, copies: replaced(state.copies, bucket, memory), left: spend(state, 'copies') };
    moves.push(move(`bucket ${bucket}: the copy is brought up to date`, to));
  }
  if (left.failovers > 0) {
    // With the run id alone a primary that was replaced, became a replica and is promoted again calls itself as before.
    const isBack = world.without === 'the replication id' && state.runs[bucket] !== 1;
    const runs = isBack ? [runsDrawn + 1, 1] : [runsDrawn + 1];
    for (const run of runs) {
      const to = lostConnection({ ...taken(state, bucket, copy, run), left: spend(state, 'failovers') });
      moves.push(move(`bucket ${bucket}: the copy takes over as run r${run}`, to));
    }
  }
  if (left.restarts > 0) {
    const empty = taken(state, bucket, emptyMemory(world), runsDrawn + 1);
    const to = lostConnection({ ...empty, left: spend(state, 'restarts') });
    moves.push(move(`bucket ${bucket}: restarts with nothing as run r${runsDrawn + 1}`, to));
  }
  if (left.moves > 0) {
    const to = { ...taken(state, bucket, memory, runsDrawn + 1), left: spend(state, 'moves') };
    moves.push(move(`bucket ${bucket}: moves to a node of run r${runsDrawn + 1}`, to));
  }
  if (left.putBacks > 0 && isBehind && tells(state, bucket, copy)) {
    const to = { ...taken(state, bucket, copy, state.runs[bucket] ?? 0), left: spend(state, 'putBacks') };
    moves.push(move(`bucket ${bucket}: old keys are put back under the same run`, to));
  }
  return moves;
}

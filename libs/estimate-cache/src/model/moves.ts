import type { Move, Moves } from './move.ts';
import { feedMoves, markMoves, redisMoves, sourceMoves, timeMoves } from './outside-moves.ts';
import { requestMoves } from './request-moves.ts';
import { warmMoves } from './warm-moves.ts';

/** Everything that may happen next. */
export const movesOf: Moves = (state, world) => {
  const moves: Move[] = requestMoves(state, world);
  moves.push(...warmMoves(state, world));
  moves.push(...sourceMoves(state, world), ...feedMoves(state, world), ...markMoves(state, world));
  moves.push(...redisMoves(state, world), ...timeMoves(state, world));
  return moves;
};

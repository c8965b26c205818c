import type { BudgetLimits, DrawOutcome, TokenDraw } from './token-bucket.ts';

/** `paused`: upstream asked some process for a pause; `leftMs` of it are left for this lane. */
export type StoreDraw = { readonly outcome: DrawOutcome } | { readonly outcome: 'paused'; readonly leftMs: number };

/** What a call that was drawn for and then not made has cost. */
export type TokenReturn = { readonly items: number; readonly limits: BudgetLimits };

/** How long each lane leaves upstream alone; the longest of several pauses counts. */
export interface Pause {
  readonly userMs: number;
  readonly backgroundMs: number;
}

/**
 * What the fleet shares: one budget and one pause. Every method may reject: then nothing is known, and nobody may wait for it.
 */
export interface BudgetStore {
  /** Draws from the fleet's buckets unless a pause is on; both in one step. */
  draw(draw: TokenDraw): Promise<StoreDraw>;
  /** Puts a request and its items back, never above what the buckets hold. */
  giveBack(back: TokenReturn): Promise<void>;
  pause(pause: Pause): Promise<void>;
}

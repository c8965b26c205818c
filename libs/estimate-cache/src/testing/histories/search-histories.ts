import { randomBytes } from 'node:crypto';
import fc from 'fast-check';
import type { HistoryWorld } from './history-world.ts';
import { promises, type Promised, type Violation } from './judge.ts';
import { HOMES, histories, type History } from './move.ts';
import { playHistory, type PlayedHistory } from './play-history.ts';
import { tellHistory } from './tell-history.ts';

/** How a failure is found again: `fc.check` with this seed and path plays exactly that history. */
export interface Replay {
  readonly seed: number;
  readonly path: string;
}

export interface FailedHistory extends Replay {
  readonly violation: Violation;
  /** The shrunk history, told line by line. */
  readonly story: readonly string[];
  /** Histories that had been played when the first one failed, itself counted. */
  readonly failedAfter: number;
}

export interface Searched {
  readonly histories: number;
  readonly steps: number;
  readonly failure: FailedHistory | null;
}

export interface SearchOptions {
  readonly world: () => HistoryWorld;
  readonly seed: number;
  /** Histories that are played side by side, so that they share round trips. */
  readonly lanes: number;
  /** Ends the search when it turns true; asked before each history. */
  readonly isOver: (played: number) => boolean;
  readonly judged?: readonly Promised[];
}

/** Histories of one seed before the lane takes another: what is printed to replay a failure is one of these seeds. */
const HISTORIES_A_SEED = 20;
const ID_BYTES = 9;

const freshIds = (): string[] => {
  const stem = randomBytes(ID_BYTES).toString('base64url');
  return Array.from({ length: HOMES }, (_, home) => `${stem}-${home}`);
};

/** All histories, also the one shrunk from, are drawn evenly: fast-check would otherwise begin with short ones. */
const drawn = { unbiased: true, numRuns: HISTORIES_A_SEED } as const;

class Search {
  readonly #options: SearchOptions;
  readonly #judged: readonly Promised[];
  #seedsTaken = 0;
  #histories = 0;
  #steps = 0;
  #failedAfter: number | null = null;
  #failure: FailedHistory | null = null;

  constructor(options: SearchOptions) {
    this.#options = options;
    this.#judged = options.judged ?? promises;
  }

  async run(): Promise<Searched> {
    await Promise.all(Array.from({ length: this.#options.lanes }, () => this.#lane()));
    return { histories: this.#histories, steps: this.#steps, failure: this.#failure };
  }

  async #play(history: History): Promise<PlayedHistory> {
    const played = await playHistory(this.#options.world(), history, freshIds(), this.#judged);
    this.#steps += played.episodes.length;
    return played;
  }

  #isOver(): boolean {
    return this.#failedAfter !== null || this.#options.isOver(this.#histories);
  }

  /** Takes one seed after another. The lane that fails shrinks; the others end. */
  async #lane(): Promise<void> {
    while (!this.#isOver()) {
      const seed = (this.#options.seed + this.#seedsTaken) | 0;
      this.#seedsTaken += 1;
      let isMine = false;
      const property = fc.asyncProperty(histories, async (history) => {
        if (!isMine && this.#isOver()) return true;
        const { violation } = await this.#play(history);
        if (isMine) return violation === null; // shrinking
        this.#histories += 1;
        if (violation === null || this.#failedAfter !== null) return true;
        this.#failedAfter = this.#histories;
        isMine = true;
        return false;
      });
      const found = await fc.check(property, { ...drawn, seed });
      if (found.failed) await this.#tell(found, seed);
    }
  }

  async #tell(
    { counterexample, counterexamplePath, errorInstance }: fc.RunDetails<[History]>,
    seed: number,
  ): Promise<void> {
    if (errorInstance instanceof Error && this.#failedAfter === null) throw errorInstance; // Redis failed, not the protocol
    const [history] = counterexample ?? [];
    if (history === undefined) throw new Error('fast-check failed without a history');
    const played = await this.#play(history);
    const violation = played.violation ?? { promise: 'C', what: 'not broken when it was played again: timing' };
    const path = counterexamplePath ?? '';
    this.#failure = { seed, path, violation, story: tellHistory(played), failedAfter: this.#failedAfter ?? 0 };
  }
}

/**
 * Plays random histories until it is told to stop or a promise is broken; then shrinks the history that broke it.
 *
 * @throws what a world throws: a Redis that fails is no violation
 */
export const searchHistories = (options: SearchOptions): Promise<Searched> => new Search(options).run();

/** Plays the one history of a seed and a path, and tells it, broken or not. */
export async function replayHistory(
  { seed, path }: Replay,
  world: HistoryWorld,
  judged: readonly Promised[] = promises,
): Promise<{ violation: Violation | null; story: readonly string[] }> {
  const [history] = fc.sample(histories, { ...drawn, seed, path, numRuns: 1 });
  if (history === undefined) throw new Error(`no history at ${path} of seed ${seed}`);
  const played = await playHistory(world, history, freshIds(), judged);
  return { violation: played.violation, story: tellHistory(played) };
}

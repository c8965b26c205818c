import type { CachedEstimate } from '@porchlight/estimate-cache';
import type { Role } from '@porchlight/visibility';
import type { Asking, Leaving } from './asker.ts';
import { PENDING, type Outcome, type Sheet } from './outcome.ts';
import type { HomeResult, Status } from './result-of.ts';

/** What came of finding out. */
export interface Collected {
  /** To be checked behind the answer. */
  readonly toCheck: readonly CachedEstimate[];
  /** Nothing more is to be expected; false: the deadline passed first, and fetches go on. */
  readonly isComplete: boolean;
}

/** Puts on the sheet what it finds out, by the deadline or until whoever asked leaves. */
export type Collect = (ids: readonly string[], sheet: Sheet, asking: Asking) => Promise<Collected>;

/** How far an answer has come. */
export type Progress =
  | { readonly kind: 'under-way' }
  /** What is not taken yet is there to be taken, as it is. */
  | { readonly kind: 'over'; readonly isComplete: boolean }
  | { readonly kind: 'failed'; readonly error: unknown };

/** An answer while it is being found out. */
export interface Unfolding {
  /**
   * The next homes, at most about so many: those that are known, in the order in which they came to be known, and when all is
   * over the rest in the order asked. Each home comes once for each time that it was asked for.
   *
   * They are decided in this call: whoever takes them must not await anything before they are written.
   */
  take(homesMax: number): HomeResult[];
  progress(): Progress;
  /** Homes that were not taken yet. */
  untaken(): number;
  /** Whoever asked has gone, or has been told enough: nothing more is waited for. What was begun goes on and is kept. */
  leave(): void;
}

export interface AsItComesParts {
  readonly collect: (bypassesCache: boolean) => Collect;
  readonly decide: (propertyId: string, outcome: Outcome, role: Role) => HomeResult;
  /** Takes note of work, so that a stop waits for it; what fails is told as unplanned. */
  readonly track: (work: Promise<void>) => void;
  /** Told once of all that was taken. */
  readonly onTaken: (results: ReadonlyMap<string, HomeResult>, sheet: Sheet, role: Role) => void;
  readonly checkLater: (values: readonly CachedEstimate[]) => void;
}

interface Asked {
  readonly propertyIds: readonly string[];
  readonly role: Role;
  readonly deadlineMs: number;
  readonly bypassesCache?: boolean;
}

/** Nothing better can come of these. Of the two others something may, up to the deadline. */
const isFinal = (status: Status): boolean => status !== 'pending' && status !== 'unavailable';

const NOTHING_ASKED: Promise<Collected> = Promise.resolve({ toCheck: [], isComplete: true });

/** Reads like `read`, but hands out each home as soon as it is known; `onNews` is called when there may be more to take. */
export function createAsItComes(parts: AsItComesParts) {
  const { collect, decide, track, onTaken, checkLater } = parts;
  return ({ propertyIds, role, deadlineMs, bypassesCache = false }: Asked, onNews: () => void): Unfolding => {
    const leaving = createLeaving();
    const homes = homesToTake(propertyIds);
    const taken = new Map<string, HomeResult>();
    let progress: Progress = { kind: 'under-way' };
    const sheet = new ToldSheet((propertyId) => {
      if (progress.kind === 'under-way' && homes.add(propertyId)) onNews();
    });
    const end = (last: Progress): void => {
      progress = last;
      homes.addRest();
      onNews();
    };
    const settle = (): void => {
      if (taken.size > 0) onTaken(taken, sheet, role);
      taken.clear();
    };
    const ids = [...new Set(propertyIds)];
    const asking = { role, deadlineMs, leaving };
    const work = ids.length === 0 ? NOTHING_ASKED : collect(bypassesCache)(ids, sheet, asking);
    track(
      work.then(
        ({ toCheck, isComplete }) => {
          checkLater(toCheck);
          end({ kind: 'over', isComplete });
        },
        (error: unknown) => {
          if (leaving.hasLeft()) throw error; // nobody is there to be told
          end({ kind: 'failed', error });
        },
      ),
    );
    return {
      progress: () => progress,
      untaken: homes.untaken,
      take(homesMax) {
        const results = homes.next(homesMax, (propertyId) => {
          const result = decide(propertyId, sheet.get(propertyId) ?? PENDING, role);
          if (progress.kind === 'under-way' && !isFinal(result.status)) return null;
          taken.set(propertyId, result);
          return result;
        });
        if (homes.untaken() === 0) settle();
        return results;
      },
      leave() {
        settle();
        leaving.leave();
      },
    };
  };
}

/** A sheet that says when something is put on it. */
class ToldSheet extends Map<string, Outcome> {
  readonly #onTold: (propertyId: string) => void;

  constructor(onTold: (propertyId: string) => void) {
    super();
    this.#onTold = onTold;
  }

  override set(propertyId: string, outcome: Outcome): this {
    super.set(propertyId, outcome);
    this.#onTold(propertyId);
    return this;
  }
}

function createLeaving(): Leaving & { leave(): void } {
  const { promise: left, resolve } = Promise.withResolvers<undefined>();
  let hasLeft = false;
  return {
    left,
    hasLeft: () => hasLeft,
    leave() {
      hasLeft = true;
      resolve(undefined);
    },
  };
}

/** Homes that were told of and are to be taken, each as often as it was asked for. */
function homesToTake(propertyIds: readonly string[]) {
  const timesAsked = new Map<string, number>();
  for (const id of propertyIds) timesAsked.set(id, (timesAsked.get(id) ?? 0) + 1);
  let untaken = propertyIds.length;
  let news: string[] = [];
  let at = 0;
  return {
    untaken: () => untaken,
    /** @returns whether it was not taken yet */
    add(propertyId: string): boolean {
      const isNews = timesAsked.has(propertyId);
      if (isNews) news.push(propertyId);
      return isNews;
    },
    addRest: () => void news.push(...timesAsked.keys()),
    /** @param decide null: not yet; it is asked again when the home is told of again */
    next(homesMax: number, decide: (propertyId: string) => HomeResult | null): HomeResult[] {
      const results: HomeResult[] = [];
      for (; at < news.length && results.length < homesMax; at += 1) {
        const propertyId = news[at] ?? '';
        const times = timesAsked.get(propertyId) ?? 0; // 0: told of twice, and taken
        const result = times === 0 ? null : decide(propertyId);
        if (result === null) continue;
        timesAsked.delete(propertyId);
        untaken -= times;
        for (let time = 0; time < times; time += 1) results.push(result);
      }
      if (at === news.length) [news, at] = [[], 0];
      return results;
    },
  };
}

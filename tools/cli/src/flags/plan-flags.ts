import {
  changedFlags,
  EMPTY_DOCUMENT,
  flagNamed,
  flagNames,
  FlagsRefused,
  movesOf,
  readFlags,
  ruleOf,
  type FlagChange,
  type FlagName,
  type FlagRule,
  type FlagsDocument,
  type FlagStore,
  type Move,
} from '@porchlight/rollout';

/** What becomes of one flag. */
export interface FlagPlan {
  readonly flag: FlagName;
  /** Null: as usual for everybody. */
  readonly before: FlagRule | null;
  readonly after: FlagRule | null;
  readonly moves: readonly Move[];
}

/** A change that is thought through and not done yet. */
export interface FlagsPlan {
  /** What was read: it is replaced only if it is still there. */
  readonly seen: string | null;
  readonly next: FlagsDocument;
  /** Flags whose rule changes; none: there is nothing to do. */
  readonly flags: readonly FlagPlan[];
}

const isSame = (one: FlagRule | null, other: FlagRule | null): boolean => JSON.stringify(one) === JSON.stringify(other);

function planOf(flag: FlagName, { flags }: FlagsDocument, after: FlagRule | null): FlagPlan {
  const before = flags[flag] ?? null;
  return { flag, before, after, moves: movesOf(flag, before ?? undefined, after ?? undefined) };
}

const changing = (plans: readonly FlagPlan[]): FlagPlan[] =>
  plans.filter(({ before, after }) => !isSame(before, after));

/** @throws {FlagChangeRefused} {FlagsRefused} {FlagsUnavailable} */
export async function planSet(store: FlagStore, change: FlagChange, changedAt: number): Promise<FlagsPlan> {
  const flag = flagNamed(change.flag); // before Redis is asked: a mistake in use is told at once
  const { seen, document } = await readFlags(store);
  const rule = ruleOf(change, document.flags[flag]);
  const next = changedFlags(document, { flag, rule, changedAt });
  return { seen, next, flags: changing([planOf(flag, document, rule)]) };
}

/** @throws {FlagChangeRefused} {FlagsRefused} {FlagsUnavailable} */
export async function planReset(store: FlagStore, name: string, changedAt: number): Promise<FlagsPlan> {
  const flag = flagNamed(name);
  const { seen, document } = await readFlags(store);
  const next = changedFlags(document, { flag, rule: null, changedAt });
  return { seen, next, flags: changing([planOf(flag, document, null)]) };
}

/** Forgets all rules, also where what lies there is no document of flags. @throws {FlagsUnavailable} */
export async function planResetAll(store: FlagStore, changedAt: number): Promise<FlagsPlan & { isDamaged: boolean }> {
  const { seen, document, isDamaged } = await readWhatever(store);
  const plans = changing(flagNames.map((flag) => planOf(flag, document, null)));
  return { seen, next: { version: document.version + 1, changedAt, flags: {} }, flags: plans, isDamaged };
}

async function readWhatever(store: FlagStore) {
  const seen = await store.read();
  try {
    const { document } = await readFlags({ read: () => Promise.resolve(seen) });
    return { seen, document, isDamaged: false };
  } catch (error) {
    if (!(error instanceof FlagsRefused)) throw error;
    return { seen, document: EMPTY_DOCUMENT, isDamaged: true };
  }
}

import { FlagChangeRefused, FlagsChangedMeanwhile } from './errors.ts';
import {
  EMPTY_DOCUMENT,
  parseFlags,
  printFlags,
  problemsOfRule,
  type FlagRule,
  type FlagsDocument,
} from './flags-document.ts';
import { flagNames, isFlagName, isSwitch, specOf, type FlagName } from './flags.ts';
import type { FlagStore } from './flag-store.ts';

const PERCENT = 100;
/** A share has two decimals. */
const STEPS_PER_PERCENT = 100;

/** What an operator asks for: so much of everybody in that cohort. */
export interface FlagChange {
  readonly flag: string;
  /** 0..100, at most two decimals. */
  readonly percent: number;
  /** Default: the flag's first (`on`, `thin-ring`). */
  readonly cohort?: string;
  /** Where the others are. Default: of a switch the other cohort, else where they are now. */
  readonly rest?: string;
}

/** The document as it lies in the store, ready to be replaced. */
export interface ReadFlags {
  /** What `replace` compares with. */
  readonly seen: string | null;
  readonly document: FlagsDocument;
}

/** A share of all keys that goes from one cohort to another. */
export interface Move {
  readonly from: string;
  readonly to: string;
  readonly percent: number;
}

/** @throws {FlagChangeRefused} naming the flags that there are */
export function flagNamed(name: string): FlagName {
  if (isFlagName(name)) return name;
  throw new FlagChangeRefused(`there is no flag ${name}; there are ${flagNames.join(', ')}`);
}

const isShare = (percent: number): boolean =>
  percent >= 0 && percent <= PERCENT && Number.isInteger(Math.round(percent * STEPS_PER_PERCENT * 1e6) / 1e6);

/**
 * Pure. @returns the rule that a change makes. Of a switch it always speaks of the first cohort: 1 % `off` is 99 % `on`.
 *
 * @throws {FlagChangeRefused} saying what would do
 */
export function ruleOf({ flag: name, percent, cohort: named, rest: namedRest }: FlagChange, now?: FlagRule): FlagRule {
  const flag = flagNamed(name);
  const { cohorts, usual } = specOf(flag);
  if (!isShare(percent)) throw new FlagChangeRefused(`${percent} is no share: 0 to 100, at most two decimals`);
  const cohort = named ?? cohorts[0];
  const rest =
    namedRest ?? (isSwitch(flag) ? cohorts.find((each) => each !== cohort) : restAfter(cohort, { now, usual }));
  const asked = { percent, cohort, rest: rest ?? usual };
  const isTurned = isSwitch(flag) && cohort === cohorts[1] && asked.rest === cohorts[0];
  const left = Math.round((PERCENT - percent) * STEPS_PER_PERCENT) / STEPS_PER_PERCENT;
  const rule = isTurned ? { percent: left, cohort: cohorts[0], rest: cohort } : asked;
  const [problem] = problemsOfRule(flag, rule);
  if (problem !== undefined) throw new FlagChangeRefused(problem);
  return rule;
}

/** The others stay where they are; if that is the cohort itself, they are as usual. */
function restAfter(cohort: string, { now, usual }: { now: FlagRule | undefined; usual: string }): string {
  const rest = now?.rest ?? usual;
  return rest === cohort ? usual : rest;
}

/** Pure. @returns the document with one rule changed, or taken away; one version on */
export function changedFlags(
  { flags, ...document }: FlagsDocument,
  { flag, rule, changedAt }: { flag: FlagName; rule: FlagRule | null; changedAt: number },
): FlagsDocument {
  const { [flag]: _, ...unchanged } = flags;
  const next = rule === null ? unchanged : { ...unchanged, [flag]: rule };
  return { ...document, version: document.version + 1, changedAt, flags: next };
}

/** Pure. @returns which shares of all keys go from where to where; nothing for those who stay */
export function movesOf(flag: FlagName, before: FlagRule | undefined, after: FlagRule | undefined): Move[] {
  const usual: FlagRule = { percent: 0, cohort: specOf(flag).usual, rest: specOf(flag).usual };
  const [from, to] = [before ?? usual, after ?? usual];
  const edges = [...new Set([0, from.percent, to.percent, PERCENT])].sort((a, b) => a - b);
  const moves = new Map<string, Move>();
  for (const [at, start] of edges.slice(0, -1).entries()) {
    const left = start < from.percent ? from.cohort : from.rest;
    const right = start < to.percent ? to.cohort : to.rest;
    if (left === right) continue;
    const key = `${left} ${right}`;
    const percent = (moves.get(key)?.percent ?? 0) + (edges[at + 1] ?? PERCENT) - start;
    moves.set(key, { from: left, to: right, percent: Math.round(percent * STEPS_PER_PERCENT) / STEPS_PER_PERCENT });
  }
  return [...moves.values()];
}

/** @throws {FlagsUnavailable} {FlagsRefused} if what lies there is no document */
export async function readFlags(store: Pick<FlagStore, 'read'>): Promise<ReadFlags> {
  const seen = await store.read();
  return { seen, document: seen === null ? EMPTY_DOCUMENT : parseFlags(seen) };
}

/**
 * Puts a document in the place of the one that was read.
 *
 * @throws {FlagsChangedMeanwhile} if somebody else was quicker; nothing was written
 * @throws {FlagsUnavailable} then nobody knows whether it was written: read again
 */
export async function writeFlags(
  store: Pick<FlagStore, 'replace'>,
  seen: string | null,
  next: FlagsDocument,
): Promise<void> {
  if (!(await store.replace(seen, printFlags(next)))) throw new FlagsChangedMeanwhile();
}

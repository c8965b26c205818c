import {
  flagNames,
  specOf,
  type FlagName,
  type FlagRule,
  type FlagsDocument,
  type FlagUnit,
} from '@porchlight/rollout';
import { textTable } from '../terminal/text-table.ts';
import type { FlagPlan, FlagsPlan } from './plan-flags.ts';

const unitsOf: Record<FlagUnit, string> = { session: 'sessions', home: 'homes' };

/** A flag as it is, for people and for `--json`. */
export interface FlagReport {
  readonly flag: FlagName;
  readonly unit: FlagUnit;
  readonly cohorts: readonly string[];
  readonly usual: string;
  readonly what: string;
  /** Null: as usual for everybody. */
  readonly rule: FlagRule | null;
}

export const reportOf = (flag: FlagName, { flags }: FlagsDocument): FlagReport => ({
  flag,
  ...specOf(flag),
  rule: flags[flag] ?? null,
});

/** `on 50 %, off 50 %` */
function sharesOf(flag: FlagName, rule: FlagRule | null): string {
  if (rule === null) return `${specOf(flag).usual} (as usual)`;
  const { percent, cohort, rest } = rule;
  if (percent === 100) return `${cohort} 100 %`;
  const left = `${rest} ${Number((100 - percent).toFixed(2))} %`;
  return percent === 0 ? left : `${cohort} ${percent} %, ${left}`;
}

const sinceOf = ({ version, changedAt }: FlagsDocument): string =>
  version === 0
    ? 'nobody has changed anything: all flags are as usual'
    : `version ${version}, of ${new Date(changedAt).toISOString()}`;

export function printFlagList(document: FlagsDocument): string {
  const rows = flagNames.map((flag) => {
    const { unit, what, rule } = reportOf(flag, document);
    return [flag, unit, sharesOf(flag, rule), what];
  });
  const columns = ['flag', 'by', 'now', 'what'].map((title) => ({ title }));
  return `${textTable(columns, rows)}\n${sinceOf(document)}`;
}

/** @param of the cohort of a key that was asked about */
export function printFlag(flag: FlagName, document: FlagsDocument, of: string | null): string {
  const { unit, cohorts, usual, what, rule } = reportOf(flag, document);
  return [
    `${flag}: ${what}`,
    `now      ${sharesOf(flag, rule)}`,
    `by       ${unit}`,
    `cohorts  ${cohorts.join(', ')}; as usual: ${usual}`,
    ...(of === null ? [] : [`key      in ${of}`]),
    sinceOf(document),
  ].join('\n');
}

function printPlanOf({ flag, before, after, moves }: FlagPlan): string[] {
  const units = unitsOf[specOf(flag).unit];
  const moved = moves.map(({ from, to, percent }) => `${percent} % of ${units} from ${from} to ${to}`);
  return [
    `${flag}: ${sharesOf(flag, before)} -> ${sharesOf(flag, after)}`,
    moved.length === 0 ? '  nobody moves' : `  moves ${moved.join(', ')}; nobody else`,
  ];
}

/** What would happen, in words. */
export const printFlagsPlan = ({ flags, next }: FlagsPlan): string =>
  flags.length === 0
    ? 'nothing to change: it is so already'
    : [...flags.flatMap(printPlanOf), `as version ${next.version}, in force everywhere within 2 s`].join('\n');

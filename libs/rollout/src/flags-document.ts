import { z } from 'zod';
import { FlagsRefused } from './errors.ts';
import { isFlagName, isSwitch, specOf, type FlagName } from './flags.ts';

/** Steps of a share: a ten thousandth of everybody. */
const PERCENT_STEP = 0.01;

/** The longest document that is read: a few hundred bytes are usual. */
export const DOCUMENT_LENGTH_MAX = 65_536;

const DOCUMENT_FORMAT = 1;

/** What is said about one flag: `percent` of all keys are in `cohort`, the others in `rest`. */
export interface FlagRule {
  /** 0..100, in steps of 0.01. */
  readonly percent: number;
  readonly cohort: string;
  readonly rest: string;
}

/** All flags at one time. A flag without a rule is as usual for everybody. */
export interface FlagsDocument {
  /** Rises by one with each change; 0: nobody has ever changed anything. */
  readonly version: number;
  /** UTC milliseconds, by the clock of whoever changed it. */
  readonly changedAt: number;
  readonly flags: Readonly<Partial<Record<FlagName, FlagRule>>>;
  /** Rules of flags that are not known here, kept as they are: who changes one flag forgets no other. Absent: there are none. */
  readonly others?: Readonly<Record<string, FlagRule>>;
}

export const EMPTY_DOCUMENT: FlagsDocument = { version: 0, changedAt: 0, flags: {} };

const ruleSchema = z.strictObject({
  percent: z.number().min(0).max(100).multipleOf(PERCENT_STEP),
  cohort: z.string().min(1).max(64),
  rest: z.string().min(1).max(64),
});

const documentSchema = z.strictObject({
  format: z.literal(DOCUMENT_FORMAT),
  version: z.int().min(0),
  changedAt: z.int().min(0),
  flags: z.record(z.string().min(1).max(64), ruleSchema),
});

/** @returns what is wrong with a rule of a flag that is known, one line each */
export function problemsOfRule(flag: FlagName, { cohort, rest }: FlagRule): string[] {
  const { cohorts } = specOf(flag);
  const unknown = [cohort, rest].filter((name) => !cohorts.includes(name));
  if (unknown.length > 0) return [`${flag} has no cohort ${unknown.join(', ')}: it has ${cohorts.join(', ')}`];
  if (cohort === rest) return [`${flag}: cohort and rest are both ${cohort}`];
  if (isSwitch(flag) && cohort !== cohorts[0]) {
    return [`${flag}: the rule of a switch speaks of ${cohorts[0]}, so that nobody moves when it turns round`];
  }
  return [];
}

/**
 * Reads a document of flags.
 *
 * A flag that is not known here is passed over, and kept: it was set for newer processes. A cohort that is not known is refused.
 *
 * @throws {FlagsRefused} for anything that is not exactly such a document
 */
export function parseFlags(text: string): FlagsDocument {
  if (text.length > DOCUMENT_LENGTH_MAX)
    throw new FlagsRefused([`it is longer than ${DOCUMENT_LENGTH_MAX} characters`]);
  const parsed = documentSchema.safeParse(jsonOf(text));
  if (!parsed.success) {
    throw new FlagsRefused(
      parsed.error.issues.map(({ path, message }) => `${path.join('.') || 'all of it'}: ${message}`),
    );
  }
  const { version, changedAt } = parsed.data;
  const known = Object.entries(parsed.data.flags).filter((entry): entry is [FlagName, FlagRule] =>
    isFlagName(entry[0]),
  );
  const problems = known.flatMap(([flag, rule]) => problemsOfRule(flag, rule));
  if (problems.length > 0) throw new FlagsRefused(problems);
  const others = Object.entries(parsed.data.flags).filter(([flag]) => !isFlagName(flag));
  const kept = others.length === 0 ? {} : { others: Object.fromEntries(others) };
  return { version, changedAt, flags: Object.fromEntries(known), ...kept };
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    throw new FlagsRefused(['it is not JSON']);
  }
}

/** @returns the text that `parseFlags` reads */
export const printFlags = ({ version, changedAt, flags, others = {} }: FlagsDocument): string =>
  JSON.stringify({ format: DOCUMENT_FORMAT, version, changedAt, flags: { ...flags, ...others } });

import { EMPTY_DOCUMENT, type FlagRule, type FlagsDocument } from './flags-document.ts';
import { flagNames, specOf, type CohortOf, type FlagName } from './flags.ts';
import { stableHash } from './stable-hash.ts';

const HASHES = 2 ** 32;
const PERCENT = 100;

/** Salts the flags with; another number would deal everybody out anew. */
const SALT_SEED = 0x706f7263;

/** The flags at one moment: never changes, so that what was made of it may be kept for as long as it is in force. */
export interface FlagsInForce {
  readonly document: FlagsDocument;
  /**
   * The cohort of a session or a home. Synchronous; allocates nothing. The same key always gives the same cohort, in every
   * process; a share that grows keeps everybody who was in it.
   *
   * @param key a session key or a propertyId, by the flag's unit; not looked at unless the flag is split
   */
  cohortOf<F extends FlagName>(flag: F, key: string): CohortOf<F>;
  /** Whether keys must be told apart: false where one cohort has everybody. */
  isSplit(flag: FlagName): boolean;
  /** Whether somebody has said something about it: then metrics name its cohorts. */
  hasRule(flag: FlagName): boolean;
}

interface Dealt {
  readonly seed: number;
  /** Hashes below it are in `cohort`: 0 is nobody, 2 ** 32 everybody. */
  readonly below: number;
  readonly cohort: string;
  readonly rest: string;
  readonly hasRule: boolean;
}

/** Pure. @returns the hashes below which a share is, of 2 ** 32 */
export const shareBelow = (percent: number): number => Math.round((percent / PERCENT) * HASHES);

function dealtOf(flag: FlagName, rule: FlagRule | undefined): Dealt {
  const { usual } = specOf(flag);
  const { percent, cohort, rest } = rule ?? { percent: 0, cohort: usual, rest: usual };
  return { seed: stableHash(flag, SALT_SEED), below: shareBelow(percent), cohort, rest, hasRule: rule !== undefined };
}

/** Makes a document ready to be asked. */
export function flagsInForce(document: FlagsDocument): FlagsInForce {
  const dealt = Object.fromEntries(flagNames.map((flag) => [flag, dealtOf(flag, document.flags[flag])])) as Record<
    FlagName,
    Dealt
  >;
  return {
    document,
    cohortOf<F extends FlagName>(flag: F, key: string): CohortOf<F> {
      const { seed, below, cohort, rest } = dealt[flag];
      const isIn = below === HASHES || (below > 0 && stableHash(key, seed) < below);
      return (isIn ? cohort : rest) as CohortOf<F>; // documents are checked against the list of cohorts
    },
    isSplit: (flag) => dealt[flag].below > 0 && dealt[flag].below < HASHES,
    hasRule: (flag) => dealt[flag].hasRule,
  };
}

/** Everybody as usual. */
export const usualFlags: FlagsInForce = flagsInForce(EMPTY_DOCUMENT);

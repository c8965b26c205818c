import type { Facts, Level, ListingStatus } from '@porchlight/contracts';
import type { MlsRule, Role } from '@porchlight/visibility';

/**
 * Who may see an estimate, written out by hand from design.md sections 4 and 6, and not computed: what the code says is compared
 * with this. The lowest role by MLS rule (down) and seller override (across); nobody where something is not understood.
 * U unregistered, R registered, V verified, A agent, N nobody.
 */
// prettier-ignore
const LEVELS_BY_HAND = {
  //              none U    R    V    A    N    unknown
  none:         ['U', 'U', 'R', 'V', 'A', 'N', 'N'],
  missing:      ['N', 'N', 'N', 'N', 'N', 'N', 'N'],
  unregistered: ['U', 'U', 'R', 'V', 'A', 'N', 'N'],
  registered:   ['R', 'R', 'R', 'V', 'A', 'N', 'N'],
  verified:     ['V', 'V', 'V', 'V', 'A', 'N', 'N'],
  agent:        ['A', 'A', 'A', 'A', 'A', 'N', 'N'],
  nobody:       ['N', 'N', 'N', 'N', 'N', 'N', 'N'],
  unknown:      ['N', 'N', 'N', 'N', 'N', 'N', 'N'],
} as const;
const OVERRIDES = [null, 'unregistered', 'registered', 'verified', 'agent', 'nobody', 'unknown'] as const;
const ROLES_IN_ORDER = ['unregistered', 'registered', 'verified', 'agent'] as const;
const STATUSES: readonly ListingStatus[] = ['active', 'off_market', 'unknown'];

/** `shown`; `withheld`: nobody may see it; else the role that is needed. */
export type Verdict = 'shown' | 'withheld' | Exclude<Role, 'unregistered'>;

/** What viewers of each role are told, lowest first, by letter of the table above. */
// prettier-ignore
const VERDICTS_BY_HAND = {
  U: ['shown',      'shown',    'shown',    'shown'],
  R: ['registered', 'shown',    'shown',    'shown'],
  V: ['verified',   'verified', 'shown',    'shown'],
  A: ['agent',      'agent',    'agent',    'shown'],
  N: ['withheld',   'withheld', 'withheld', 'withheld'],
} as const satisfies Record<string, readonly Verdict[]>;

export type MlsCase = keyof typeof LEVELS_BY_HAND;

/** A home, who looks at it, and what they are told. */
export interface VisibilityCase {
  readonly facts: Pick<Facts, 'status' | 'mlsId' | 'overrideLevel'>;
  readonly role: Role;
  readonly verdict: Verdict;
  readonly name: string;
}

const mlsIdOf = (mls: MlsCase): string | null => (mls === 'none' ? null : `mls-${mls}`);

/** The level of the other listing status is always another, so that reading the wrong one shows. */
const otherThan = (level: Level): Level => (level === 'nobody' ? 'unregistered' : 'nobody');

/** The rule of every MLS in the cases, for homes of this status; that of `missing` is missing. */
export const rulesFor = (status: ListingStatus): MlsRule[] =>
  (Object.keys(LEVELS_BY_HAND) as MlsCase[]).flatMap((mls): MlsRule[] => {
    if (mls === 'none' || mls === 'missing') return [];
    const [activeLevel, offMarketLevel] = status === 'off_market' ? [otherThan(mls), mls] : [mls, otherThan(mls)];
    return [{ mlsId: `mls-${mls}`, ruleVersion: 1, activeLevel, offMarketLevel }];
  });

/** Every combination of listing status, MLS rule, override and role: 3 x 8 x 7 x 4. A status that is not understood is nobody's. */
export const everyCase: readonly VisibilityCase[] = STATUSES.flatMap((status) =>
  (Object.keys(LEVELS_BY_HAND) as MlsCase[]).flatMap((mls) =>
    OVERRIDES.flatMap((overrideLevel, across) =>
      ROLES_IN_ORDER.map((role, at): VisibilityCase => {
        const letter = status === 'unknown' ? 'N' : (LEVELS_BY_HAND[mls][across] ?? 'N');
        return {
          facts: { status, mlsId: mlsIdOf(mls), overrideLevel },
          role,
          verdict: VERDICTS_BY_HAND[letter][at] ?? 'withheld',
          name: `${role}: ${status}, MLS ${mls}, override ${overrideLevel}`,
        };
      }),
    ),
  ),
);

import type { FlagName, FlagsInForce, Rollout } from '@porchlight/rollout';

/** Flags that are dealt out by session, each a label of latencies and hits. */
const SESSION_FLAGS = ['cache.read', 'cache.warmup', 'forecast.strategy'] as const satisfies readonly FlagName[];

/** The session's cohort of each flag that somebody has spoken of; a flag that nobody has is no label, and costs nothing. */
export type CohortLabels = Readonly<Partial<Record<(typeof SESSION_FLAGS)[number], string>>>;

/** What the flags say of one session. */
export interface SessionCohorts {
  readonly readsCache: boolean;
  readonly labels: CohortLabels;
}

export interface SessionFlags {
  /** Whether sessions must be told apart now; false: the key is not looked at. */
  isSplit(): boolean;
  /** Synchronous: it is asked for each request. Sessions of the same cohorts get the same object. */
  of(sessionKey: string): SessionCohorts;
}

/** Before anything is known of a request: it was refused, or is none of a session's. */
export const NO_COHORTS: SessionCohorts = { readsCache: true, labels: {} };

function cohortsFor(flags: FlagsInForce, sessionKey: string): SessionCohorts {
  const spoken = SESSION_FLAGS.filter((flag) => flags.hasRule(flag));
  return {
    readsCache: flags.cohortOf('cache.read', sessionKey) === 'on',
    labels: Object.fromEntries(spoken.map((flag) => [flag, flags.cohortOf(flag, sessionKey)])),
  };
}

/** What is made of one document of flags, for as long as it is in force. */
function dealerOf(flags: FlagsInForce): SessionFlags {
  const isSplit = SESSION_FLAGS.some((flag) => flags.isSplit(flag));
  const whole = cohortsFor(flags, '');
  const made = new Map<string, SessionCohorts>();
  return {
    isSplit: () => isSplit,
    of(sessionKey) {
      if (!isSplit) return whole;
      const name = SESSION_FLAGS.map((flag) => flags.cohortOf(flag, sessionKey)).join(' ');
      const known = made.get(name) ?? cohortsFor(flags, sessionKey);
      made.set(name, known); // a dozen at most
      return known;
    },
  };
}

/** The flags of sessions, as the API needs them for each request. */
export function createSessionFlags(rollout: Pick<Rollout, 'now'>): SessionFlags {
  let inForce = rollout.now();
  let dealer = dealerOf(inForce);
  const current = (): SessionFlags => {
    if (rollout.now() !== inForce) {
      inForce = rollout.now();
      dealer = dealerOf(inForce);
    }
    return dealer;
  };
  return { isSplit: () => current().isSplit(), of: (sessionKey) => current().of(sessionKey) };
}

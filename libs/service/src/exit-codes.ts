/** Why a process ended, for the orchestrator and for people. */
export const exitCodes = {
  /** It was asked to stop. */
  asked: 0,
  /** Something unplanned: nothing of it was committed, start it again. */
  unplanned: 1,
  /** The environment is wrong (EX_CONFIG): starting it again changes nothing. */
  config: 78,
} as const;

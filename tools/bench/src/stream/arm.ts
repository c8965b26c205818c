/** The code that a member of a bench runs: a bare kafkajs loop, or a task of libs/stream. */
export type Arm = 'bare' | 'stateless' | 'stateful';

/** What one member process is told when it is spawned. */
export interface MemberOptions {
  readonly arm: Arm;
  readonly brokers: string;
  readonly groupId: string;
  readonly input: string;
  readonly output: string;
  /** It reports by itself once so many records are processed and their outputs acknowledged; 0: only when asked. */
  readonly records: number;
  /** Production's numbers, or those of local runs. */
  readonly settings: 'production' | 'local';
  /** Where a task with state keeps it. */
  readonly stateDir?: string;
}

/** What a member has seen of itself. */
export interface MemberReport {
  /** Records whose outputs are acknowledged. */
  readonly records: number;
  /** From the first record to now, milliseconds: of the clock, and of all its threads on a processor. */
  readonly wallMs: number;
  readonly cpuMs: number;
  readonly residentMb: number;
  /** After a forced collection, where the process may force one; else as it is. */
  readonly heapMb: number;
  /** From the call that sent a record to the call that processes it, milliseconds; 0 for records that carry no time. */
  readonly latencyP50Ms: number;
  readonly latencyP99Ms: number;
}

/** What a member says to its parent. */
export type Said = { readonly said: 'ready' } | { readonly said: 'done' | 'report'; readonly report: MemberReport };

/** Runs until it is stopped. `onRecord` is called as each record is processed, `acknowledged` says how many are safe. */
export interface RunningArm {
  acknowledged(): number;
  stop(): Promise<void>;
}

/** Called as a record is processed. @param sentAt  UTC milliseconds with fraction, from the record's header; NaN without one */
export type OnRecord = (sentAt: number) => void;

/** The header that carries when a record was sent. */
export const SENT_AT = 'sent-at';

import type { Command } from 'commander';

/** Prints a line of progress. */
export type Say = (line: string) => void;

/** How a check ended. The figures end up in one JSON object on the last line. */
export interface CheckResult {
  readonly passed: boolean;
  readonly figures: Readonly<Record<string, unknown>>;
}

/** What the command line gave: commander's parsed options. */
export type CheckOptions = Readonly<Record<string, unknown>>;

/** A proof that takes real servers and real faults, and is too slow or too rough for a test run. */
export interface Check {
  readonly name: string;
  /** One sentence for the list of checks. */
  readonly proves: string;
  /** Adds the options of this check's own. */
  configure?(command: Command): void;
  /** Lines for `--list`: what can be chosen inside this check. */
  list?(): readonly string[];
  /** @param signal  aborts when somebody asks the run to stop; what was started is then taken down */
  run(options: CheckOptions, say: Say, signal: AbortSignal): Promise<CheckResult>;
}

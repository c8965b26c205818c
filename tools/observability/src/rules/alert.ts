import type { Job } from '../promql.ts';

/** `page`: somebody is woken. `ticket`: somebody looks within a working day. */
export type Severity = 'page' | 'ticket';

/** Series, in promtool's notation (`0+1x10`), one sample a minute, by selector. */
export type Inputs = Readonly<Record<string, string>>;

/** A case in which an alert fires. */
export interface Firing {
  readonly when: string;
  readonly series: Inputs;
  /** When it is looked at: `10m`. */
  readonly at: string;
  /** What fires, without the severity that every alert has: one object for each firing series. */
  readonly labels: readonly Readonly<Record<string, string>>[];
}

/** A case in which it must not fire. */
export interface Quiet {
  readonly when: string;
  readonly series: Inputs;
  readonly at: string;
}

/** One alert, with the cases that its unit tests are made of. */
export interface Alert {
  /** Also the name of its page in deploy/runbooks. */
  readonly name: string;
  readonly expr: string;
  readonly for?: string;
  readonly keepFiringFor?: string;
  readonly severity: Severity;
  /** Static labels besides the severity. */
  readonly labels?: Readonly<Record<string, string>>;
  /** One sentence; what it says of the labels is by `{{ $labels.x }}`. */
  readonly summary: string;
  readonly fires: Firing;
  readonly quiet: readonly Quiet[];
}

/** A series that Prometheus remembers under a name of its own. */
export interface Recording {
  readonly record: string;
  readonly expr: string;
  readonly labels?: Readonly<Record<string, string>>;
}

/** A file of deploy/prometheus/rules. */
export interface RuleFile {
  readonly name: string;
  /** What stands at the top of the file. */
  readonly about: string;
  /** How often promtool looks in the unit tests: 1m, or less often where a case lasts for days. */
  readonly testedEvery?: string;
  readonly groups: readonly RuleGroup[];
}

export interface RuleGroup {
  readonly name: string;
  readonly interval?: string;
  readonly recordings?: readonly Recording[];
  readonly alerts?: readonly Alert[];
}

/** A line of input: `job` and labels to a selector of one series. */
export const input = (metric: string, labels: Readonly<Record<string, string>> & { job?: Job }): string =>
  `${metric}{${Object.entries(labels)
    .map(([label, value]) => `${label}="${value}"`)
    .join(', ')}}`;

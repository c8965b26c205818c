/** One line of a panel. */
export interface Query {
  readonly expr: string;
  /** `{{label}}` is replaced. */
  readonly legend: string;
}

/** Grafana's names of units. */
export type Unit = 'percentunit' | 's' | 'reqps' | 'cps' | 'short' | 'bytes' | 'none' | 'bool_yes_no';

/** One picture of a dashboard. */
export interface Panel {
  readonly title: string;
  /** What it shows, what is normal, and what it means when it is not. */
  readonly description: string;
  readonly unit: Unit;
  readonly queries: readonly Query[];
  /** The alert whose page says what to do. */
  readonly runbook: string;
  readonly kind?: 'lines' | 'stacked' | 'figure';
  /** A share has 0 and 1 as its ends. */
  readonly max?: number;
  /** Why there is nothing to see while all is well: these panels have no data until something happens. */
  readonly emptyUntil?: string;
}

export interface Row {
  readonly title: string;
  readonly panels: readonly Panel[];
}

export interface Dashboard {
  /** Also the file's name. */
  readonly uid: string;
  readonly title: string;
  readonly description: string;
  readonly rows: readonly Row[];
}

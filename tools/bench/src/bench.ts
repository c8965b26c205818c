/** Prints a line of progress. */
export type Say = (line: string) => void;

/** The figures of a bench: numbers, ratios, or lists of them. */
export type Figures = Readonly<Record<string, unknown>>;

/** A measurement. Its figures end up in one JSON object on the last line. */
export interface Bench {
  readonly name: string;
  /** One sentence for the list of benches. */
  readonly measures: string;
  /** Named numbers that may be changed on the command line as `--name value`. */
  readonly knobs: Readonly<Record<string, Knob>>;
  /** Named words of a list that may be chosen as `--name word`. */
  readonly choices?: Readonly<Record<string, Choice>>;
  /** Words that may stand alone as `--name`, and what they do. */
  readonly switches?: Readonly<Record<string, string>>;
  /** @param signal  aborts when somebody asks the run to stop; what was started is then taken down */
  run(
    knobs: Readonly<Record<string, number>>,
    say: Say,
    signal: AbortSignal,
    choices?: Readonly<Record<string, string>>,
    switchedOn?: ReadonlySet<string>,
  ): Promise<Figures>;
}

export interface Choice {
  readonly default: string;
  readonly of: readonly string[];
  readonly what: string;
}

export interface Knob {
  readonly default: number;
  readonly what: string;
}

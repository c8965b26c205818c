/** A figure that is printed and ends up in the JSON object. */
export type Figure = number | string | boolean | readonly (number | string)[];

/** What a scenario saw. No violation is a pass; a skipped one says why and is no pass of its own. */
export interface Seen {
  readonly violations: readonly string[];
  readonly figures: Readonly<Record<string, Figure>>;
  readonly skipped?: string;
}

/** A fault, done to real servers and processes while they work. */
export interface Scenario<World> {
  readonly name: string;
  /** One line: what is done, and what must hold. */
  readonly what: string;
  /** What holds nevertheless, where `what` does not say it. */
  readonly promised?: string;
  /** In the subset that fits a build on two cores. */
  readonly quick: boolean;
  run(world: World): Promise<Seen>;
}

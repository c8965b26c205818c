import type { CheckResult, Say } from '../check.ts';
import { killAllChildren } from '../processes/child-process.ts';
import type { Scenario, Seen } from './scenario.ts';

/** A scenario, and how it ended. */
export interface Row extends Seen {
  readonly name: string;
  readonly promised: string | undefined;
  readonly seconds: number;
}

/** What a scenario has beside what all of them share. */
export interface Own {
  /** Aborts when the scenario is over, or when somebody asks the run to stop. */
  readonly signal: AbortSignal;
  /** Runs when the scenario is over, however it ended; the last one first. */
  readonly onEnd: (undo: () => Promise<void> | void) => void;
}

/** Where scenarios are run, one after the other. */
export interface Ground<World> {
  readonly say: Say;
  /** Aborts when somebody asks the run to stop. */
  readonly signal: AbortSignal;
  /** What a scenario is given. */
  worldOf(scenario: Scenario<World>, own: Own): Promise<World> | World;
  /** Mends what the next one needs, after one that broke off; what fails here shows there. */
  mend?(): Promise<void>;
}

/** @returns a row for each; processes that a scenario has started end with it */
export async function runScenarios<World>(
  chosen: readonly Scenario<World>[],
  ground: Ground<World>,
): Promise<readonly Row[]> {
  const rows: Row[] = [];
  for (const scenario of chosen) {
    const { name, what, promised } = scenario;
    ground.say(`${name}: ${what}`);
    const began = performance.now();
    const seen = await runOne(scenario, ground);
    const row: Row = { name, promised, seconds: Math.round((performance.now() - began) / 1_000), ...seen };
    rows.push(row);
    tell(row, ground.say);
  }
  return rows;
}

/** What a scenario throws is a failure of that scenario; but nothing is once we were asked to stop. */
async function runOne<World>(scenario: Scenario<World>, ground: Ground<World>): Promise<Seen> {
  const undone: (() => Promise<void> | void)[] = [];
  const ended = new AbortController();
  const signal = AbortSignal.any([ground.signal, ended.signal]);
  try {
    const world = await ground.worldOf(scenario, { signal, onEnd: (undo) => void undone.push(undo) });
    return await scenario.run(world);
  } catch (thrown) {
    ground.signal.throwIfAborted();
    await ground.mend?.().catch(() => undefined);
    const why = thrown instanceof Error ? thrown.message : String(thrown);
    return { violations: [`the scenario broke off: ${why}`], figures: {} };
  } finally {
    ended.abort();
    killAllChildren();
    for (const undo of undone.toReversed()) await undo();
  }
}

function tell({ name, seconds, violations, figures, skipped }: Row, say: Say): void {
  const how = skipped !== undefined ? `skipped: ${skipped}` : violations.length === 0 ? 'passed' : 'FAILED';
  const numbers = Object.entries(figures).map(([figure, value]) => `${figure} ${String(value)}`);
  say(`${name}: ${how} in ${seconds} s; ${numbers.join(', ')}`);
  for (const violation of violations) say(`${name}: ${violation}`);
}

/** What a check of scenarios ends with. @param sums  figures of all of them together */
export function resultOf(rows: readonly Row[], sums: Readonly<Record<string, number>>): CheckResult {
  const failed = rows.filter(({ violations }) => violations.length > 0).map(({ name }) => name);
  const skipped = rows.filter((row) => row.skipped !== undefined).map(({ name }) => name);
  return { passed: failed.length === 0, figures: { failed, skipped, ...sums, scenarios: rows } };
}

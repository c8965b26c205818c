import { createDurations, type Durations } from '../quantiles.ts';
import { atTheirInstants } from './at-their-instants.ts';
import type { ServiceClient } from './ask-service.ts';
import type { HomeChanger } from './change-homes.ts';
import type { PlannedAsk, PlannedWindow } from './plan-window.ts';
import type { SeenAnswer } from './seen-home.ts';

export interface WindowRun {
  readonly answers: readonly SeenAnswer[];
  /** From the instant at which a call was meant to be sent to its whole answer. */
  readonly single: Durations;
  readonly batch: Durations;
  /** Homes that nothing could be said of in time, by what was said instead. */
  readonly untold: ReadonlyMap<string, number>;
  /** Calls and changes that failed, by what was said of them. */
  readonly failures: ReadonlyMap<string, number>;
}

const UNTOLD: ReadonlySet<string> = new Set(['pending', 'unavailable']);
const FAILURE_CHARS = 120;

const count = (counts: Map<string, number>, what: string): void => void counts.set(what, (counts.get(what) ?? 0) + 1);

/** Asks and changes side by side, as planned, and writes down every answer. */
export async function runWindow(
  plan: PlannedWindow,
  parts: { readonly client: ServiceClient; readonly changer: HomeChanger; readonly idOf: (home: number) => string },
): Promise<WindowRun> {
  const { client, changer, idOf } = parts;
  const [single, batch] = [createDurations(), createDurations()];
  const answers: SeenAnswer[] = [];
  const [untold, failures] = [new Map<string, number>(), new Map<string, number>()];
  const fail = (error: unknown): void =>
    count(failures, error instanceof Error ? error.message.slice(0, FAILURE_CHARS) : String(error));
  const ask = async ({ homes }: PlannedAsk, meantAt: number): Promise<void> => {
    const began = performance.now();
    const results = await client.ask(homes.map(idOf));
    const ended = performance.now();
    (homes.length === 1 ? single : batch).record(ended - meantAt);
    for (const [at, { status, estimate }] of results.entries()) {
      if (UNTOLD.has(status)) count(untold, status);
      answers.push({ home: homes[at] ?? -1, began, ended, status, computedAt: estimate?.computedAt ?? null });
    }
  };
  await Promise.all([
    atTheirInstants(plan.asks, (each, meantAt) => ask(each, meantAt).catch(fail)),
    atTheirInstants(plan.changes, (each) => changer.change(each).catch(fail)),
  ]);
  return { answers, single, batch, untold, failures };
}

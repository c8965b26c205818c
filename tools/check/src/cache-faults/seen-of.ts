import type { HistoryVerdict } from './judge-history.ts';
import type { Figure, Seen } from '../faults/scenario.ts';

const tellCounts = (counts: Readonly<Record<string, number>>): string =>
  Object.entries(counts)
    .map(([name, count]) => `${name} ${count}`)
    .join(', ') || 'none';

/** A verdict as a scenario hands it on, with what the scenario itself found. */
export function seenOf(
  { violations, errors, lastStaleAt: _instant, ...verdict }: HistoryVerdict,
  own: { violations?: readonly string[]; figures?: Readonly<Record<string, Figure>> } = {},
): Seen {
  return {
    violations: [...violations, ...(own.violations ?? [])],
    figures: { ...verdict, errors: tellCounts(errors), ...own.figures },
  };
}

/** A sentence for each of these that is so. */
export const violationsWhere = (sentences: Readonly<Record<string, boolean>>): string[] =>
  Object.entries(sentences).flatMap(([sentence, isSo]) => (isSo ? [sentence] : []));

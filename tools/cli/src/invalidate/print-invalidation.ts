import { sayCount, sayMany } from '../terminal/say-span.ts';
import { textTable } from '../terminal/text-table.ts';
import type { Outcomes } from './invalidate-homes.ts';
import type { InvalidationEffect, PlannedInvalidation } from './plan-invalidation.ts';

/** More homes than that are counted, not listed; --json has them all. */
const LISTED_MAX = 20;

const MEANS: Readonly<Record<InvalidationEffect, string>> = {
  remove: 'what is cached is older than the database: it goes',
  keep: 'what is cached is as new as the database: it stays',
  unread: 'what lies there cannot be read: the next reader deletes it',
  fence: 'nothing is cached; what is being fetched must be as new as the database',
  nothing: 'nobody holds anything',
  unknown: 'the database has no such home: left alone',
  away: 'its node of Redis does not answer',
};

/** @returns how many homes each thing would happen to, and each home of a short list */
export function printPlan(planned: readonly PlannedInvalidation[]): string {
  const counts = [...Map.groupBy(planned, ({ effect }) => effect)].map(([effect, each]) => [
    sayCount(each.length),
    effect,
    MEANS[effect],
  ]);
  const summary = textTable([{ title: 'homes', align: 'right' }, { title: 'effect' }, { title: 'because' }], counts);
  if (planned.length > LISTED_MAX) return summary;
  const rows = planned.map(({ propertyId, effect, databaseVersion, cachedVersion }) => [
    propertyId,
    effect,
    String(databaseVersion ?? '-'),
    String(cachedVersion ?? '-'),
  ]);
  const columns = [{ title: 'home' }, { title: 'effect' }, { title: 'database' }, { title: 'cached' }];
  return `${textTable(columns, rows)}\n\n${summary}`;
}

/** @returns what was done, in one line */
export const printOutcomes = ({ removed, already, fenced, absent }: Outcomes): string =>
  `done: ${sayMany(removed, 'value')} removed, ${sayCount(already)} as new as the database, ${sayMany(fenced, 'flight')} fenced, ${sayCount(absent)} with nothing cached`;

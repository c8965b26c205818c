import type { MigrationReport } from './database/migrate-database.ts';
import type { SchemasReport } from './schemas/register-schemas.ts';
import type { TopicReport } from './topics/apply-topics.ts';

const countStates = (states: readonly string[]): string =>
  [...Map.groupBy(states, (state) => state)].map(([state, each]) => `${each.length} ${state}`).join(', ');

/** @returns one line for each topic, what differs below it, and a summary */
export function printTopics(reports: readonly TopicReport[]): string {
  const lines = reports.flatMap(({ name, partitions, state, differences }) => [
    `${state.padEnd(10)} ${name} (${partitions} partition${partitions === 1 ? '' : 's'})`,
    ...differences.map(
      ({ what, wanted, found, mend }) => `${' '.repeat(11)}${what} is ${found}, not ${wanted}: ${mend}`,
    ),
  ]);
  return [...lines, `${reports.length} topics: ${countStates(reports.map(({ state }) => state))}`].join('\n');
}

/** @returns one line for each subject and a summary */
export function printSchemas({ global, subjects }: SchemasReport): string {
  const lines = subjects.map(
    ({ subject, compatibility, state, id, versions }) =>
      `${state.padEnd(10)} ${subject}, ${compatibility}, ${id === null ? 'no id yet' : `schema ${id}`}, versions: ${versions}`,
  );
  const summary = `${subjects.length} subjects: ${countStates(subjects.map(({ state }) => state))}`;
  return [`${global.state.padEnd(10)} compatibility of the registry: ${global.level}`, ...lines, summary].join('\n');
}

/** @returns one line for each migration and a summary */
export function printMigration({ applied }: MigrationReport): string {
  const summary =
    applied.length === 0
      ? 'the schema porchlight is up to date: nothing was changed'
      : `${applied.length} migration${applied.length === 1 ? '' : 's'} applied to the schema porchlight`;
  return [...applied.map((name) => `${'applied'.padEnd(10)} ${name}`), summary].join('\n');
}

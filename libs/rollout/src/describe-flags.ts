import { flagNames, specOf } from './flags.ts';

/** The table of flags as Markdown, for the README. */
export const describeFlags = (): string =>
  [
    '| flag | by | cohorts | usual | what |',
    '| --- | --- | --- | --- | --- |',
    ...flagNames.map((flag) => {
      const { unit, cohorts, usual, what } = specOf(flag);
      return `| \`${flag}\` | ${unit} | ${cohorts.map((cohort) => `\`${cohort}\``).join(', ')} | \`${usual}\` | ${what} |`;
    }),
  ].join('\n');

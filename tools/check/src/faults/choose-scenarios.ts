import { InvalidArgumentError, type Command } from 'commander';
import type { CheckOptions } from '../check.ts';
import type { Scenario } from './scenario.ts';

const QUICK = 'quick';

type Named = Pick<Scenario<never>, 'name' | 'what' | 'quick'>;

/** Chooses scenarios by name, `quick` for the subset; in the order of the list. @throws {InvalidArgumentError} naming those that there are */
export function chooseScenarios<S extends Named>(scenarios: readonly S[], names: string): readonly S[] {
  const wanted = names.split(',').map((name) => name.trim());
  const known = scenarios.map(({ name }) => name);
  const unknown = wanted.filter((name) => name !== QUICK && !known.includes(name));
  if (unknown.length > 0)
    throw new InvalidArgumentError(`no scenario ${unknown.join(', ')}; there are ${known.join(', ')} and ${QUICK}.`);
  return scenarios.filter(({ name, quick }) => wanted.includes(name) || (quick && wanted.includes(QUICK)));
}

/** Adds `--only`. @param quickIs  which scenarios the subset has */
export function addOnlyOption(command: Command, scenarios: readonly Named[], quickIs: string): void {
  const description = `only these; "${QUICK}" is the subset ${quickIs}`;
  command.option('--only <scenario,...>', description, (names) => chooseScenarios(scenarios, names));
}

/** Those that `--only` left; all of them without it. */
export const chosenOf = <S extends Named>(scenarios: readonly S[], options: CheckOptions): readonly S[] =>
  (options['only'] as readonly S[] | undefined) ?? scenarios;

/** A line for each, to choose from. */
export function listScenarios(scenarios: readonly Named[]): readonly string[] {
  const width = Math.max(...scenarios.map(({ name }) => name.length));
  return scenarios.map(({ name, what, quick }) => `${name.padEnd(width)} ${quick ? QUICK : '     '} ${what}`);
}

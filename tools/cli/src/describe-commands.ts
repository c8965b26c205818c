import type { Command } from 'commander';

/** A command as a person types it, what it does, and its whole help. */
export interface DescribedCommand {
  readonly name: string;
  readonly description: string;
  readonly help: string;
}

function helpOf(command: Command): string {
  let help = '';
  command.configureOutput({ writeOut: (text) => void (help += text) });
  command.outputHelp();
  return help;
}

/** @returns every command that does something, in the order in which they were added */
export function commandsOf(program: Command, before = 'npx porchlight'): DescribedCommand[] {
  // What is hidden is for shells, not for people.
  return program
    .createHelp()
    .visibleCommands(program)
    .flatMap((command) => {
      if (command.name() === 'help') return [];
      const name = `${before} ${command.name()}`;
      if (command.commands.length > 0) return commandsOf(command, name);
      const given = command.registeredArguments.map((each) =>
        each.required ? `<${each.name()}>` : `[${each.name()}]`,
      );
      return [{ name: [name, ...given].join(' '), description: command.description(), help: helpOf(command) }];
    });
}

/** The table of commands as Markdown, for the README. */
export const describeCommands = (program: Command): string =>
  [
    '| command | does |',
    '| --- | --- |',
    ...commandsOf(program).map(({ name, description }) => `| \`${name}\` | ${description} |`),
  ].join('\n');

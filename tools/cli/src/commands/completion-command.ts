import tab from '@bomb.sh/tab/commander';
import { streamApps, topics } from '@porchlight/contracts';
import { flagNames } from '@porchlight/rollout';
import type { Command } from 'commander';
import { example } from './options.ts';

const COMPLETION = 'completion';

/** What an argument of this name may be, where the code knows it; what lies in servers (homes, letters) is not asked for by a shell. */
const known: Readonly<Record<string, readonly string[]>> = {
  group: streamApps,
  name: streamApps,
  topic: Object.values(topics).map(({ name }) => name),
  flag: flagNames,
};

/**
 * `porchlight completion <shell>`: prints the script that a shell loads. While somebody types, that script asks the hidden command
 * `complete`, which answers from the commands themselves: what is added to them is completed without another line.
 *
 * To be called once every other command has been added.
 */
export function addCompletion(program: Command): void {
  const completed = tab(program, { completionCommandName: COMPLETION });
  for (const command of completed.commands.values())
    for (const [name, values] of Object.entries(known)) {
      const argument = command.arguments.get(name);
      if (argument !== undefined)
        argument.handler = (complete) => {
          for (const value of values) complete(value, '');
        };
    }
  program.commands
    .find((command) => command.name() === COMPLETION)
    ?.description('print the script that completes commands, options and names in your shell')
    .addHelpText(
      'after',
      example(
        'source <(npx porchlight completion bash)',
        'source <(npx porchlight completion zsh)',
        'npx porchlight completion fish > ~/.config/fish/completions/porchlight.fish',
      ),
    );
}

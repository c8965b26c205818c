import { Argument, InvalidArgumentError, Option, type Command } from 'commander';
import { withKafka } from '../kafka/with-kafka.ts';
import { parseStartpoint, STARTPOINT_FORMS } from '../startpoint/parse-startpoint.ts';
import type { Startpoint } from '../startpoint/plan-startpoint.ts';
import { printStartpoint } from '../startpoint/print-startpoint.ts';
import { setStartpoint, startpointPlan } from '../startpoint/set-startpoint.ts';
import { confirm, type Terminal } from '../terminal/terminal.ts';
import { brokersOption, collected, dryRunOption, example, groupNamed, jsonOption, yesOption } from './options.ts';

interface StartpointOptions {
  readonly brokers: string[];
  readonly to: Startpoint;
  readonly topic?: string[];
  readonly dryRun?: boolean;
  readonly yes?: boolean;
  readonly json?: boolean;
}

function startpoint(text: string): Startpoint {
  const parsed = parseStartpoint(text, Date.now());
  if (parsed === undefined) throw new InvalidArgumentError(STARTPOINT_FORMS);
  return parsed;
}

async function runStartpoint(terminal: Terminal, group: string, options: StartpointOptions): Promise<void> {
  const { brokers, to, topic, dryRun = false, yes = false, json = false } = options;
  await withKafka(brokers, async (ports) => {
    const plan = await startpointPlan(ports, {
      group,
      startpoint: to,
      ...(topic === undefined ? {} : { topics: topic }),
    });
    // The output of --json is one value; what is about to happen is said beside it.
    const tell = json ? terminal.say : terminal.print;
    tell(printStartpoint(plan));
    if (!dryRun) {
      await confirm(terminal, `Move ${group}?`, yes);
      await setStartpoint(ports, plan);
    }
    if (json) terminal.print(JSON.stringify({ ...plan, done: !dryRun }));
    else
      terminal.print(dryRun ? 'dry run: nothing was changed' : `done: ${group} reads on from there at its next start`);
  });
}

/** `porchlight startpoint set <group>` */
export function addStartpoint(program: Command, terminal: Terminal): void {
  program
    .command('startpoint')
    .description('where a group reads on')
    .command('set')
    .description('move a group that nobody is in: says first what is skipped and what is read again')
    .addArgument(new Argument('<group>', 'an app or a group').argParser(groupNamed))
    .addOption(new Option('--to <where>', STARTPOINT_FORMS).argParser(startpoint).makeOptionMandatory())
    .addOption(new Option('--topic <name>', 'only this topic; may be given more than once').argParser(collected))
    .addOption(brokersOption())
    .addOption(dryRunOption())
    .addOption(yesOption())
    .addOption(jsonOption())
    .addHelpText(
      'after',
      example(
        'npx porchlight startpoint set forecaster --to latest --dry-run',
        'npx porchlight startpoint set data-writer --to "15m ago" --topic warmup.estimates',
      ),
    )
    .action((group: string, options: StartpointOptions) => runStartpoint(terminal, group, options));
}

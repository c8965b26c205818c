import { setTimeout as sleep } from 'node:timers/promises';
import { Argument, Option, type Command } from 'commander';
import { CliError } from '../cli-error.ts';
import { describeGroups, porchlightGroups } from '../groups/describe-groups.ts';
import type { GroupReport } from '../groups/group-report.ts';
import { printGroup, printGroups } from '../groups/print-groups.ts';
import { withKafka, type KafkaPorts } from '../kafka/with-kafka.ts';
import type { Terminal } from '../terminal/terminal.ts';
import { brokersOption, example, groupNamed, jsonOption, wholeNumber } from './options.ts';

interface GroupsOptions {
  readonly brokers: string[];
  readonly json?: boolean;
  readonly watch?: boolean;
  readonly every: number;
}

const SECOND_MS = 1_000;
const CLEAR_SCREEN = '\u001b[2J\u001b[H';

function textFor(reports: readonly GroupReport[], name: string | undefined, json: boolean): string {
  if (json) return JSON.stringify(reports);
  const [only] = reports;
  return name === undefined || only === undefined ? printGroups(reports) : printGroup(only, Date.now());
}

async function look(ports: KafkaPorts, name: string | undefined, known: Map<string, number>): Promise<GroupReport[]> {
  const reports = await describeGroups(ports, name === undefined ? await porchlightGroups(ports) : [name], known);
  if (name !== undefined && reports.every(({ state, partitions }) => state === 'Dead' && partitions.length === 0))
    throw new CliError('GROUP_UNKNOWN', `Kafka knows no group ${name}: npx porchlight groups lists those it knows`);
  return reports;
}

async function watch(terminal: Terminal, name: string | undefined, options: GroupsOptions): Promise<void> {
  const known = new Map<string, number>();
  await withKafka(options.brokers, async (ports) => {
    while (!terminal.stopped.aborted) {
      const text = textFor(await look(ports, name, known), name, options.json === true);
      terminal.print(terminal.isScreen && options.json !== true ? CLEAR_SCREEN + text : text);
      await sleep(options.every * SECOND_MS, undefined, { signal: terminal.stopped }).catch(() => undefined);
    }
  });
}

/** `porchlight groups [name]` */
export function addGroups(program: Command, terminal: Terminal): void {
  program
    .command('groups')
    .description('show the consumer groups: members, who owns what, lag, age of the oldest unread record')
    .addArgument(new Argument('[name]', 'one app or group, partition by partition').argParser(groupNamed))
    .addOption(brokersOption())
    .addOption(jsonOption())
    .addOption(new Option('--watch', 'look again and again, until Ctrl-C; with --json one line each time'))
    .addOption(new Option('--every <seconds>', 'how often --watch looks').default(5).argParser(wholeNumber(1, 3_600)))
    .addHelpText('after', example('npx porchlight groups', 'npx porchlight groups invalidator --watch --every 2'))
    .action(async (name: string | undefined, options: GroupsOptions) => {
      if (options.watch === true) return watch(terminal, name, options);
      const reports = await withKafka(options.brokers, (ports) => look(ports, name, new Map()));
      terminal.print(textFor(reports, name, options.json === true));
    });
}

import { Option, type Command } from 'commander';
import { withKafka } from '../kafka/with-kafka.ts';
import { printTopics } from '../print.ts';
import { confirm, type Terminal } from '../terminal/terminal.ts';
import { applyTopics, listTopics } from '../topics/apply-topics.ts';
import { readersOf } from '../topics/growth-readers.ts';
import { printGrowth, refuseRunning, type TopicGrowth } from '../topics/plan-growth.ts';
import { replicationFor } from '../topics/replication-for.ts';
import { brokersOption, dryRunOption, example, jsonOption, replicationOption, yesOption } from './options.ts';
import { addTail } from './tail-command.ts';

interface TopicOptions {
  readonly brokers: string[];
  readonly replication?: number;
  readonly json?: boolean;
  readonly dryRun?: boolean;
  readonly grow?: boolean;
  readonly yes?: boolean;
}

const withReplication = async (options: TopicOptions) => ({
  brokers: options.brokers,
  replication: options.replication ?? (await replicationFor(options)),
  dryRun: options.dryRun === true,
});

/** Says what growth would move, and goes on only if somebody said so. */
const growthCheck =
  (terminal: Terminal, { brokers, yes = false, dryRun = false, json = false }: TopicOptions) =>
  async (growths: readonly TopicGrowth[]): Promise<void> => {
    const readers = await withKafka(brokers, (ports) => readersOf(ports, growths));
    const tell = json ? terminal.say : terminal.print;
    tell(printGrowth(growths, readers));
    if (dryRun) return;
    refuseRunning(readers);
    await confirm(terminal, 'Let them grow?', yes);
  };

async function runApply(terminal: Terminal, options: TopicOptions): Promise<void> {
  const grow = options.grow === true ? { grow: growthCheck(terminal, options) } : {};
  const reports = await applyTopics({ ...(await withReplication(options)), ...grow });
  terminal.print(options.json === true ? JSON.stringify(reports) : printTopics(reports));
}

/** `porchlight topics apply|list|tail` */
export function addTopics(program: Command, terminal: Terminal): void {
  const topics = program.command('topics').description('the topics of Kafka');
  topics
    .command('apply')
    .description('create the topics that are missing and verify all; a second time changes nothing')
    .addOption(new Option('--grow', 'let topics gain the partitions that the contracts name; says first what moves'))
    .addOption(brokersOption())
    .addOption(replicationOption())
    .addOption(dryRunOption())
    .addOption(yesOption())
    .addOption(jsonOption())
    .addHelpText(
      'after',
      example('npx porchlight topics apply --replication 3', 'npx porchlight topics apply --grow --dry-run'),
    )
    .action((options: TopicOptions) => runApply(terminal, options));
  topics
    .command('list')
    .description('show the topics and what differs; changes nothing')
    .addOption(brokersOption())
    .addOption(replicationOption())
    .addOption(jsonOption())
    .addHelpText('after', example('npx porchlight topics list --json'))
    .action(async (options: TopicOptions) => {
      const reports = await listTopics(await withReplication(options));
      terminal.print(options.json === true ? JSON.stringify(reports) : printTopics(reports));
    });
  addTail(topics, terminal);
}

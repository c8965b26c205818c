import { createSchemaRegistry } from '@porchlight/contracts';
import { InvalidArgumentError, Option, type Command } from 'commander';
import { withKafka } from '../kafka/with-kafka.ts';
import { createDecoder } from '../records/decoder.ts';
import { parseGrep, printRecord } from '../tail/tail-record.ts';
import { parseTailStart, type TailStart } from '../tail/tail-start.ts';
import { tailTopic } from '../tail/tail-topic.ts';
import { INSTANT_FORMS } from '../terminal/parse-instant.ts';
import type { Terminal } from '../terminal/terminal.ts';
import { refuseReveal } from './dlq-command.ts';
import { brokersOption, example, registryOption, wholeNumber } from './options.ts';

interface TailOptions {
  readonly brokers: string[];
  readonly registry: string;
  readonly from: TailStart;
  readonly partition?: number[];
  readonly key?: string;
  readonly grep?: string[];
  readonly follow: boolean;
  readonly limit?: number;
  readonly reveal?: boolean;
  readonly json?: boolean;
}

const PARTITION_MAX = 999_999;

function tailStart(text: string): TailStart {
  const start = parseTailStart(text, Date.now());
  if (start === undefined)
    throw new InvalidArgumentError(
      `latest, latest-20 (of each partition), earliest, 0=123,1=456, or a time: ${INSTANT_FORMS}`,
    );
  return start;
}

async function runTail(terminal: Terminal, topic: string, options: TailOptions): Promise<void> {
  const { brokers, registry, from, partition, key, grep = [], follow, limit, reveal = false, json = false } = options;
  refuseReveal(terminal, reveal);
  const decoder = createDecoder(createSchemaRegistry({ url: registry }));
  const request = {
    topic,
    start: from,
    partitions: partition,
    key,
    conditions: grep.map(parseGrep),
    follow,
    limit,
    reveal,
  };
  await withKafka(brokers, ({ reader }) =>
    tailTopic({ reader, decoder, signal: terminal.stopped }, request, (record) =>
      terminal.print(json ? JSON.stringify(record) : printRecord(record)),
    ),
  );
}

/** `porchlight topics tail <topic>` */
export function addTail(topics: Command, terminal: Terminal): void {
  topics
    .command('tail')
    .description('show records as they come, decoded; prices and sessions are redacted')
    .argument('<topic>')
    .addOption(
      new Option('--from <where>', 'latest, latest-20, earliest, 0=123,1=456, or a time')
        .argParser(tailStart)
        .default({ kind: 'latest', back: 0 } satisfies TailStart, 'latest'),
    )
    .addOption(
      new Option('--partition <n>', 'only this partition; may be given more than once').argParser(
        (text: string, before: number[] | undefined) => [...(before ?? []), wholeNumber(0, PARTITION_MAX)(text)],
      ),
    )
    .option('--key <key>', 'only records with this key')
    .addOption(
      new Option(
        '--grep <field=text>',
        'only records whose field is that (items.propertyId=p1), or that contain the text; may be given more than once',
      ).argParser((text: string, before: string[] | undefined) => [...(before ?? []), text]),
    )
    .option('--no-follow', 'end at what is there now')
    .addOption(new Option('--limit <n>', 'end after so many').argParser(wholeNumber(1, Number.MAX_SAFE_INTEGER)))
    .option('--reveal', 'show prices too; on a terminal only. Sessions stay redacted')
    .addOption(brokersOption())
    .addOption(registryOption())
    .addOption(new Option('--json', 'one JSON object a line'))
    .addHelpText(
      'after',
      example(
        'npx porchlight topics tail listing.status-changed --grep status=off_market',
        'npx porchlight topics tail warmup.estimates --from latest-20 --no-follow --json',
      ),
    )
    .action((topic: string, options: TailOptions) => runTail(terminal, topic, options));
}

import { createSchemaRegistry, deadLetterTopicOf, streamApps } from '@porchlight/contracts';
import { deadLetterTopicFor } from '@porchlight/stream';
import { Argument, InvalidArgumentError, Option, type Command } from 'commander';
import { CliError } from '../cli-error.ts';
import { discardLetters } from '../dead-letters/discard-letters.ts';
import { createLetterSender } from '../dead-letters/letter-sender.adapter.ts';
import { parseOffsetRange, refuseNoSelection, type LetterFilter } from '../dead-letters/letter-filter.ts';
import { listLetters } from '../dead-letters/list-letters.ts';
import { printDiscard, printLetter, printLetters, printReplay, printSelection } from '../dead-letters/print-letters.ts';
import { lettersNow, offsetsIn } from '../dead-letters/read-letters.ts';
import { replayLetters } from '../dead-letters/replay-letters.ts';
import { selectLetters, type Selection } from '../dead-letters/select-letters.ts';
import { settlePorts, type SettlePorts } from '../dead-letters/settle-ports.ts';
import { SettlementLog } from '../dead-letters/settlement-log.ts';
import { showLetter } from '../dead-letters/show-letter.ts';
import { withKafka, type KafkaPorts } from '../kafka/with-kafka.ts';
import { createDecoder } from '../records/decoder.ts';
import { createProgress } from '../terminal/progress.ts';
import { confirm, type Terminal } from '../terminal/terminal.ts';
import {
  brokersOption,
  collected,
  dryRunOption,
  example,
  groupNamed,
  instant,
  jsonOption,
  registryOption,
  wholeNumber,
  yesOption,
} from './options.ts';

const LETTERS_MAX = 100_000;
const OFFSET_MAX = Number.MAX_SAFE_INTEGER;

interface FilterOptions {
  readonly brokers: string[];
  readonly json?: boolean;
  readonly topic?: string;
  readonly code?: string;
  readonly partition?: number;
  readonly offsets?: { first: number; last: number };
  readonly since?: number;
  readonly until?: number;
  readonly key?: string;
  readonly letter?: string[];
  readonly limit: number;
  readonly all?: boolean;
}

interface SettleOptions extends FilterOptions {
  readonly dryRun?: boolean;
  readonly yes?: boolean;
}

function offsetRange(text: string): { first: number; last: number } {
  const range = parseOffsetRange(text);
  if (range === undefined) throw new InvalidArgumentError('an offset (12) or a range, both ends included (12..40)');
  return range;
}

const filterOf = ({ topic, code, partition, offsets, since, until, key, letter }: FilterOptions): LetterFilter => ({
  topic,
  code,
  partition,
  offsets,
  since,
  until,
  key,
  refs: letter,
});

const groupArgument = (name: string): Argument => new Argument(name, 'an app or a group').argParser(groupNamed);

const withFilters = (command: Command, limit: number): Command =>
  command
    .option('--topic <name>', 'only letters from this topic')
    .option('--code <code>', 'only letters with this error code')
    .addOption(new Option('--partition <n>', 'only letters from this partition').argParser(wholeNumber(0, OFFSET_MAX)))
    .addOption(new Option('--offsets <first..last>', 'only letters with these original offsets').argParser(offsetRange))
    .addOption(new Option('--since <time>', 'only letters parked since then').argParser(instant))
    .addOption(new Option('--until <time>', 'only letters parked before then').argParser(instant))
    .option('--key <key>', 'only letters with this key')
    .addOption(
      new Option('--letter <ref>', 'only this letter, as list names it; may be given more than once').argParser(
        collected,
      ),
    )
    .addOption(new Option('--limit <n>', 'at most so many').default(limit).argParser(wholeNumber(1, LETTERS_MAX)))
    .addOption(brokersOption())
    .addOption(jsonOption());

async function runList(terminal: Terminal, group: string | undefined, options: FilterOptions): Promise<void> {
  const { brokers, limit, all = false } = options;
  await withKafka(brokers, async ({ reader }) => {
    const topics = group === undefined ? streamApps.map(deadLetterTopicOf) : [deadLetterTopicFor(group)];
    const lists = [];
    for (const topic of topics) {
      if (group === undefined && (await reader.boundsOf(topic)) === undefined) continue;
      lists.push(await listLetters(reader, topic, { filter: filterOf(options), limit, all }));
    }
    if (options.json === true) return terminal.print(JSON.stringify(lists));
    const none = 'no app has dead letters yet: their topics are not there (npx porchlight topics apply)';
    terminal.print(lists.length === 0 ? none : lists.map((list) => printLetters(list, Date.now())).join('\n\n'));
  });
}

interface ShowOptions {
  readonly brokers: string[];
  readonly registry?: string;
  readonly value?: boolean;
  readonly reveal?: boolean;
  readonly json?: boolean;
}

/** @throws {CliError} REVEAL_NEEDS_TERMINAL: what a file or a pipe holds, everybody sees who sees the file */
export function refuseReveal(terminal: Terminal, reveal: boolean): void {
  if (reveal && !(terminal.isScreen && terminal.isInteractive))
    throw new CliError(
      'REVEAL_NEEDS_TERMINAL',
      'hidden values are shown on a terminal only: leave out --reveal, or run it in one',
    );
}

async function runShow(terminal: Terminal, [group, ref]: [string, string], options: ShowOptions): Promise<void> {
  const { brokers, registry, value = false, reveal = false } = options;
  refuseReveal(terminal, reveal);
  if (value && registry === undefined)
    throw new CliError(
      'REGISTRY_UNREACHABLE',
      '--value needs a schema registry: set SCHEMA_REGISTRY_URL, or say --registry',
    );
  const decoding =
    value && registry !== undefined
      ? { decoder: createDecoder(createSchemaRegistry({ url: registry })), reveal }
      : undefined;
  await withKafka(brokers, async ({ reader }) => {
    const shown = await showLetter(reader, { deadLetterTopic: deadLetterTopicFor(group), ref }, decoding);
    terminal.print(options.json === true ? JSON.stringify(shown) : printLetter(shown, Date.now()));
  });
}

async function select(
  terminal: Terminal,
  { reader }: KafkaPorts,
  { options, settled, topic }: { options: SettleOptions; settled: SettlementLog; topic: string },
): Promise<Selection> {
  const stretches = await lettersNow(reader, topic);
  await settled.mustCatchUp();
  const progress = createProgress(terminal, 'reading dead letters', offsetsIn(stretches));
  const ports = { reader, stateOf: (id: string) => settled.of(id), onPassed: progress.advance };
  const selection = await selectLetters(ports, stretches, { filter: filterOf(options), limit: options.limit });
  progress.end();
  return selection;
}

/** Selects, says what would be done, asks, and does it. */
async function settle<Report extends object>(
  terminal: Terminal,
  [group, options]: [string, SettleOptions],
  how: {
    verb: string;
    work: (ports: SettlePorts, selection: Selection, onProgress: (letters: number) => void) => Promise<Report>;
    say: (report: Report) => string;
  },
): Promise<void> {
  const { brokers, json = false, dryRun = false, yes = false, all = false } = options;
  refuseNoSelection(filterOf(options), all);
  const topic = deadLetterTopicFor(group);
  await withKafka(brokers, async (kafka) => {
    const settled = new SettlementLog(topic, kafka.reader);
    const selection = await select(terminal, kafka, { options, settled, topic });
    const tell = json ? terminal.say : terminal.print;
    tell(printSelection(selection, how.verb));
    if (dryRun || selection.letters.length === 0) {
      if (json) terminal.print(JSON.stringify({ done: false, ...selection }));
      else if (dryRun) terminal.print('dry run: nothing was changed');
      return;
    }
    await confirm(terminal, `${how.verb[0]?.toUpperCase()}${how.verb.slice(1)} them?`, yes);
    const sender = await kafka.client.reached(createLetterSender(brokers));
    const progress = createProgress(terminal, how.verb, selection.letters.length);
    try {
      const ports = settlePorts({
        deadLetterTopic: topic,
        reader: kafka.reader,
        settled,
        sender,
        stopped: terminal.stopped,
        say: terminal.say,
      });
      const report = await how.work(ports, selection, progress.advance);
      progress.end();
      terminal.print(json ? JSON.stringify({ done: true, ...report }) : how.say(report));
    } finally {
      progress.end();
      await sender.close();
    }
  });
}

function addList(dlq: Command, terminal: Terminal): void {
  withFilters(dlq.command('list').description('show dead letters that are not settled; changes nothing'), 50)
    .addArgument(groupArgument('[group]'))
    .option('--all', 'also those that were replayed or discarded')
    .addHelpText(
      'after',
      example('npx porchlight dlq list', 'npx porchlight dlq list invalidator --code NOT_AVRO --since 2h'),
    )
    .action((group: string | undefined, options: FilterOptions) => runList(terminal, group, options));
}

function addShow(dlq: Command, terminal: Terminal): void {
  dlq
    .command('show')
    .description('show one dead letter: headers, code, sizes, key; its value decoded with --value')
    .addArgument(groupArgument('<group>'))
    .argument('<letter>', 'partition:offset, as list names it')
    .option('--value', 'decode the value; prices and sessions are redacted')
    .option('--reveal', 'with --value: show prices too; on a terminal only. Sessions stay redacted')
    .addOption(brokersOption())
    .addOption(registryOption().makeOptionMandatory(false))
    .addOption(jsonOption())
    .addHelpText('after', example('npx porchlight dlq show data-writer 0:17 --value'))
    .action((group: string, letter: string, options: ShowOptions) => runShow(terminal, [group, letter], options));
}

function addReplay(dlq: Command, terminal: Terminal): void {
  withFilters(
    dlq.command('replay').description('put dead letters back where they came from, each once, whatever is killed when'),
    10_000,
  )
    .addArgument(groupArgument('<group>'))
    .option('--all', 'all of them; needed where no filter says which')
    .addOption(
      new Option('--per-second <n>', 'at most so many a second').default(200).argParser(wholeNumber(1, 10_000)),
    )
    .option('--even-if-unproven', 'also those of which nobody can tell whether an earlier run had sent them')
    .addOption(dryRunOption())
    .addOption(yesOption())
    .addHelpText(
      'after',
      example(
        'npx porchlight dlq replay data-writer --code REDIS_DOWN --dry-run',
        'npx porchlight dlq replay invalidator --letter 0:17 --yes',
      ),
    )
    .action((group: string, options: SettleOptions & { perSecond: number; evenIfUnproven?: boolean }) =>
      settle(terminal, [group, options], {
        verb: 'replay',
        say: printReplay,
        work: (ports, { letters }, onProgress) =>
          replayLetters(ports, letters, {
            perSecond: options.perSecond,
            evenIfUnproven: options.evenIfUnproven === true,
            onProgress,
          }),
      }),
    );
}

function addDiscard(dlq: Command, terminal: Terminal): void {
  withFilters(
    dlq
      .command('discard')
      .description('settle dead letters that nobody wants: they are not replayed, and not shown unasked'),
    10_000,
  )
    .addArgument(groupArgument('<group>'))
    .option('--all', 'all of them; needed where no filter says which')
    .requiredOption('--reason <text>', 'why; it is kept beside who and when')
    .addOption(dryRunOption())
    .addOption(yesOption())
    .addHelpText('after', example('npx porchlight dlq discard forecaster --until 2d --reason "too old to be worth it"'))
    .action((group: string, options: SettleOptions & { reason: string }) =>
      settle(terminal, [group, options], {
        verb: 'discard',
        say: printDiscard,
        work: (ports, { letters }, onProgress) =>
          discardLetters(ports, letters, { reason: options.reason, onProgress }),
      }),
    );
}

/** `porchlight dlq list|show|replay|discard` */
export function addDlq(program: Command, terminal: Terminal): void {
  const dlq = program.command('dlq').description('dead letters: records that failed for good');
  addList(dlq, terminal);
  addShow(dlq, terminal);
  addReplay(dlq, terminal);
  addDiscard(dlq, terminal);
}

import { setTimeout as sleep } from 'node:timers/promises';
import { Option, type Command } from 'commander';
import { CliError } from '../cli-error.ts';
import { printStatus, printStatusLine } from '../status/print-status.ts';
import { withFleet, type FleetPlaces } from '../status/with-fleet.ts';
import type { Terminal } from '../terminal/terminal.ts';
import { quitByKey } from '../terminal/watch-keys.ts';
import {
  brokersOption,
  cacheOptions,
  cachePlaceOf,
  catalogOption,
  example,
  jsonOption,
  wholeNumber,
  type CacheOptions,
} from './options.ts';

interface StatusOptions extends CacheOptions {
  readonly brokers: string[];
  readonly databaseUrl: string;
  readonly metrics: string[];
  readonly json?: boolean;
}

interface TopOptions extends StatusOptions {
  readonly every: number;
  readonly times?: number;
}

const SECOND_MS = 1_000;
const TIMES_MAX = 1_000_000;
/** To the corner, and what was longer before is wiped after each line: a screen that is cleared first flickers. */
const HOME = '\u001b[H';
const WIPE_LINE = '\u001b[K';
const WIPE_BELOW = '\u001b[J';
const CLEAR_SCREEN = '\u001b[2J\u001b[H';

const redrawn = (text: string): string =>
  `${HOME}${text.replaceAll('\n', `${WIPE_LINE}\n`)}${WIPE_LINE}\n${WIPE_BELOW}`;

/** `/metrics` where the address has no path. @throws {CliError} METRICS_URL_INVALID */
function metricsUrls(text: string): string[] {
  return text
    .split(',')
    .map((each) => each.trim())
    .filter((each) => each !== '')
    .map((each) => {
      const url = URL.parse(each);
      if (url === null || !/^https?:$/.test(url.protocol))
        throw new CliError(
          'METRICS_URL_INVALID',
          'an address of --metrics is none: http://host:9464[/metrics], comma-separated',
        );
      if (url.pathname === '/') url.pathname = '/metrics';
      return url.href;
    });
}

const placesOf = (options: StatusOptions): FleetPlaces => ({
  brokers: options.brokers,
  databaseUrl: options.databaseUrl,
  cache: cachePlaceOf(options),
  metricsUrls: options.metrics,
});

function withPlaces(command: Command): Command {
  command.addOption(brokersOption()).addOption(catalogOption());
  for (const option of cacheOptions()) command.addOption(option);
  return command.addOption(
    new Option('--metrics <urls>', 'comma-separated /metrics of every estimate-api, for hit rate and latency')
      .env('PORCHLIGHT_METRICS_URLS')
      .default([])
      .argParser(metricsUrls),
  );
}

async function runTop(terminal: Terminal, options: TopOptions): Promise<void> {
  const { quit, close } = quitByKey(terminal);
  const isDrawn = terminal.isScreen && options.json !== true;
  try {
    await withFleet(placesOf(options), async (fleet) => {
      if (isDrawn) terminal.print(CLEAR_SCREEN);
      for (let look = 0; look < (options.times ?? Infinity) && !quit.aborted; look += 1) {
        const status = await fleet.look({ sinceLast: true });
        const span = look === 0 ? 'since its processes started' : 'since the last look';
        if (isDrawn) terminal.print(redrawn(`${printStatus(status, span)}\n\nq to quit`));
        else terminal.print(options.json === true ? JSON.stringify(status) : printStatusLine(status));
        if (look + 1 !== options.times)
          await sleep(options.every * SECOND_MS, undefined, { signal: quit }).catch(() => undefined);
      }
    });
  } finally {
    close();
  }
}

/** `porchlight status` and `porchlight top` */
export function addStatus(program: Command, terminal: Terminal): void {
  withPlaces(
    program
      .command('status')
      .description(
        'show the whole fleet on one screen: lag, age of changes, budget, hit rate, latency; changes nothing',
      ),
  )
    .addOption(jsonOption())
    .addHelpText(
      'after',
      example(
        'npx porchlight status',
        'npx porchlight status --metrics http://10.0.0.7:9464,http://10.0.0.8:9464 --json',
      ),
    )
    .action(async (options: StatusOptions) => {
      const status = await withFleet(placesOf(options), (fleet) => fleet.look({ sinceLast: false }));
      terminal.print(
        options.json === true ? JSON.stringify(status) : printStatus(status, 'since its processes started'),
      );
    });
  withPlaces(
    program
      .command('top')
      .description('the same, live: redrawn each second, q to quit; a line each time where there is no screen'),
  )
    .addOption(new Option('--every <seconds>', 'how often').default(1).argParser(wholeNumber(1, 3_600)))
    .addOption(
      new Option('--times <n>', 'looks, then it ends (default: until q or Ctrl-C)').argParser(
        wholeNumber(1, TIMES_MAX),
      ),
    )
    .addOption(new Option('--json', 'one object a line'))
    .addHelpText(
      'after',
      example(
        'npx porchlight top --metrics http://10.0.0.7:9464',
        'npx porchlight top --every 10 --times 6 > seen.txt',
      ),
    )
    .action((options: TopOptions) => runTop(terminal, options));
}

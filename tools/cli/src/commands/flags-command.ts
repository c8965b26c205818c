import {
  flagNamed,
  flagNames,
  FLAGS_KEY,
  flagsInForce,
  readFlags,
  writeFlags,
  type FlagStore,
} from '@porchlight/rollout';
import { Argument, InvalidArgumentError, Option, type Command } from 'commander';
import { CliError } from '../cli-error.ts';
import { planReset, planResetAll, planSet, type FlagsPlan } from '../flags/plan-flags.ts';
import { printFlag, printFlagList, printFlagsPlan, reportOf } from '../flags/print-flags.ts';
import { withFlags, type FlagsPlace } from '../flags/with-flags.ts';
import { confirm, type Terminal } from '../terminal/terminal.ts';
import { dryRunOption, example, jsonOption, yesOption } from './options.ts';

interface PlaceOptions {
  readonly redis: string;
  readonly topology: FlagsPlace['topology'];
  readonly flagsKey: string;
  readonly json?: boolean;
}

interface ChangeOptions extends PlaceOptions {
  readonly dryRun?: boolean;
  readonly yes?: boolean;
}

interface SetOptions extends ChangeOptions {
  readonly cohort?: string;
  readonly rest?: string;
}

const placeOf = ({ redis, topology, flagsKey }: PlaceOptions): FlagsPlace => ({
  redisUrl: redis,
  topology,
  key: flagsKey,
});

/** `50`, `0.5` or `50%`. */
function percent(text: string): number {
  const number = /^-?\d+(\.\d+)?%?$/.test(text) ? Number(text.replace('%', '')) : NaN;
  if (Number.isFinite(number)) return number;
  throw new InvalidArgumentError('a percentage, 0..100, at most two decimals');
}

const flagArgument = (): Argument => new Argument('<flag>', `one of ${flagNames.join(', ')}`);

/** The options that say where the flags lie. */
const withPlace = (command: Command): Command =>
  command
    .addOption(
      new Option('--redis <url>', 'where the flags lie: the Redis of the estimate cache')
        .env('REDIS_URL')
        .makeOptionMandatory(),
    )
    .addOption(
      new Option('--topology <kind>', 'how that Redis is reached')
        .choices(['single', 'cluster', 'envoy'])
        .env('REDIS_TOPOLOGY')
        .default('single'),
    )
    .addOption(new Option('--flags-key <key>', 'under which key').env('FLAGS_KEY').default(FLAGS_KEY))
    .addOption(jsonOption());

/** Says what would be done, asks, does it. */
async function carryOut(terminal: Terminal, store: FlagStore, plan: FlagsPlan, options: ChangeOptions): Promise<void> {
  const { dryRun = false, yes = false, json = false } = options;
  // The output of --json is one value; what is about to happen is said beside it.
  const tell = json ? terminal.say : terminal.print;
  tell(printFlagsPlan(plan));
  const isDone = plan.flags.length > 0 && !dryRun;
  if (isDone) {
    await confirm(terminal, `Change ${plan.flags.map(({ flag }) => flag).join(', ')}?`, yes);
    await writeFlags(store, plan.seen, plan.next);
  }
  const { version } = plan.next;
  if (json) terminal.print(JSON.stringify({ version, flags: plan.flags, done: isDone }));
  else if (isDone) terminal.print(`done: version ${version}`);
  else if (dryRun) terminal.print('dry run: nothing was changed');
}

async function resetAll(terminal: Terminal, store: FlagStore, options: ChangeOptions): Promise<void> {
  const { isDamaged, ...plan } = await planResetAll(store, Date.now());
  if (!isDamaged) return carryOut(terminal, store, plan, options);
  const { dryRun = false, yes = false, json = false } = options;
  terminal.say('what lies there is no document of flags; an empty one takes its place, and everything is as usual');
  if (!dryRun) {
    await confirm(terminal, 'Replace it?', yes);
    await writeFlags(store, plan.seen, plan.next);
  }
  if (json) terminal.print(JSON.stringify({ version: plan.next.version, flags: [], done: !dryRun }));
  else terminal.print(dryRun ? 'dry run: nothing was changed' : `done: version ${plan.next.version}`);
}

function addLooks(flags: Command, { print }: Terminal): void {
  withPlace(flags.command('list').description('show every flag, who has what now; changes nothing'))
    .addHelpText('after', example('npx porchlight flags list'))
    .action(async (options: PlaceOptions) => {
      const { document } = await withFlags(placeOf(options), readFlags);
      const { version, changedAt } = document;
      const report = { version, changedAt, flags: flagNames.map((flag) => reportOf(flag, document)) };
      print(options.json === true ? JSON.stringify(report) : printFlagList(document));
    });
  withPlace(
    flags.command('show').description('show one flag, and with --key whose cohort a key is in; changes nothing'),
  )
    .addArgument(flagArgument())
    .addOption(new Option('--key <key>', 'a session key (of a viewport event) or a propertyId, by the flag’s unit'))
    .addHelpText('after', example('npx porchlight flags show cache.soft-refresh --key p-100'))
    .action(async (name: string, options: PlaceOptions & { key?: string }) => {
      const { flag, document } = await withFlags(placeOf(options), async (store) => {
        return { flag: flagNamed(name), ...(await readFlags(store)) };
      });
      const cohort = options.key === undefined ? null : flagsInForce(document).cohortOf(flag, options.key);
      const report = { version: document.version, ...reportOf(flag, document), ...(cohort && { cohort }) };
      print(options.json === true ? JSON.stringify(report) : printFlag(flag, document, cohort));
    });
}

/** `porchlight flags list | show <flag> | set <flag> <percent> | reset [flag]` */
export function addFlags(program: Command, terminal: Terminal): void {
  const flags = program.command('flags').description('feature flags: who has what, in shares');
  addLooks(flags, terminal);
  withPlace(flags.command('set').description('give a share of all sessions or homes a cohort: says first who moves'))
    .addArgument(flagArgument())
    .addArgument(new Argument('<percent>', '0..100, at most two decimals').argParser(percent))
    .addOption(
      new Option('--cohort <name>', 'which cohort gets that share (default: on; of forecast.strategy thin-ring)'),
    )
    .addOption(
      new Option('--rest <name>', 'where the others are (default: of on and off the other, else where they are)'),
    )
    .addOption(dryRunOption())
    .addOption(yesOption())
    .addHelpText(
      'after',
      example(
        'npx porchlight flags set cache.read 1 --dry-run',
        'npx porchlight flags set forecast.strategy 50 --cohort thin-ring',
      ),
    )
    .action((flag: string, share: number, { cohort, rest, ...options }: SetOptions) =>
      withFlags(placeOf(options), async (store) => {
        const change = { flag, percent: share, ...(cohort && { cohort }), ...(rest && { rest }) };
        await carryOut(terminal, store, await planSet(store, change, Date.now()), options);
      }),
    );
  withPlace(flags.command('reset').description('forget what was said about a flag, or with --all about every one'))
    .addArgument(new Argument('[flag]', `one of ${flagNames.join(', ')}`))
    .addOption(new Option('--all', 'every flag; also mends a document that cannot be read'))
    .addOption(dryRunOption())
    .addOption(yesOption())
    .addHelpText('after', example('npx porchlight flags reset cache.read', 'npx porchlight flags reset --all'))
    .action((flag: string | undefined, { all = false, ...options }: ChangeOptions & { all?: boolean }) => {
      if ((flag === undefined) !== all)
        throw new CliError('FLAG_CHANGE_REFUSED', 'say which flag, or --all; nothing was changed');
      return withFlags(placeOf(options), async (store) => {
        if (flag === undefined) return resetAll(terminal, store, options);
        return carryOut(terminal, store, await planReset(store, flag, Date.now()), options);
      });
    });
}

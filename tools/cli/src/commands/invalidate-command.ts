import { Argument, Option, type Command } from 'commander';
import { withCache } from '../cache/with-cache.ts';
import { withCatalog } from '../catalog/with-catalog.ts';
import { readHomes } from '../homes/read-homes.ts';
import { invalidateHomes, lookBefore, type InvalidationPorts } from '../invalidate/invalidate-homes.ts';
import { printOutcomes, printPlan } from '../invalidate/print-invalidation.ts';
import { createProgress } from '../terminal/progress.ts';
import { sayMany } from '../terminal/say-span.ts';
import { confirm, type Terminal } from '../terminal/terminal.ts';
import {
  cacheOptions,
  cachePlaceOf,
  catalogOption,
  dryRunOption,
  example,
  jsonOption,
  propertyIdOf,
  yesOption,
  type CacheOptions,
} from './options.ts';

interface InvalidateOptions extends CacheOptions {
  readonly databaseUrl: string;
  readonly file?: string;
  readonly dryRun?: boolean;
  readonly yes?: boolean;
  readonly json?: boolean;
}

const collectIds = (text: string, before: string[] | undefined): string[] => [...(before ?? []), propertyIdOf(text)];

async function carryOut(
  terminal: Terminal,
  ports: InvalidationPorts,
  homes: readonly string[],
  { dryRun = false, yes = false, json = false }: InvalidateOptions,
): Promise<void> {
  const planned = await lookBefore(ports, homes);
  // The output of --json is one value; what is about to happen is said beside it.
  (json ? terminal.say : terminal.print)(printPlan(planned));
  if (dryRun) return terminal.print(json ? JSON.stringify({ planned, done: null }) : 'dry run: nothing was changed');
  await confirm(terminal, `Invalidate ${sayMany(homes.length, 'home')}?`, yes);
  const progress = createProgress(terminal, 'invalidate', homes.length);
  const done = await invalidateHomes(ports, homes, { progress, stopped: terminal.stopped });
  terminal.print(json ? JSON.stringify({ planned, done }) : printOutcomes(done));
}

/** `porchlight invalidate [propertyId...]` */
export function addInvalidate(program: Command, terminal: Terminal): void {
  const command = program
    .command('invalidate')
    .description(
      'remove cached homes that are older than the database, at the version that it has: says first what goes',
    )
    .addArgument(new Argument('[propertyId...]', 'which homes').argParser(collectIds))
    .addOption(new Option('--file <path>', 'more of them, one id a line'))
    .addOption(catalogOption());
  for (const option of cacheOptions()) command.addOption(option);
  command
    .addOption(dryRunOption())
    .addOption(yesOption())
    .addOption(jsonOption())
    .addHelpText(
      'after',
      example('npx porchlight invalidate p-100 p-101 --dry-run', 'npx porchlight invalidate --file homes.txt --yes'),
    )
    .action(async (given: string[] | undefined, options: InvalidateOptions) => {
      const homes = await readHomes(given ?? [], options.file);
      await withCatalog(options.databaseUrl, (catalog) =>
        withCache(cachePlaceOf(options), (cache) => carryOut(terminal, { ...cache, catalog }, homes, options)),
      );
    });
}

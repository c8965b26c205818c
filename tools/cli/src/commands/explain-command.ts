import { defaultFreshnessPolicy } from '@porchlight/estimate-cache';
import { ROLES, type Role } from '@porchlight/visibility';
import { Argument, Option, type Command } from 'commander';
import { withCache } from '../cache/with-cache.ts';
import { withCatalog } from '../catalog/with-catalog.ts';
import { explainHome } from '../explain/explain-home.ts';
import { gatherEvidence } from '../explain/home-evidence.ts';
import { printExplanation } from '../explain/print-explanation.ts';
import type { Terminal } from '../terminal/terminal.ts';
import {
  cacheOptions,
  cachePlaceOf,
  catalogOption,
  example,
  jsonOption,
  propertyIdOf,
  wholeNumber,
  type CacheOptions,
} from './options.ts';

interface ExplainOptions extends CacheOptions {
  readonly databaseUrl: string;
  readonly role: Role;
  readonly factsTtlActiveMs: number;
  readonly factsTtlOffMarketMs: number;
  readonly feedStaleMs: number;
  readonly json?: boolean;
}

const WEEK_MS = 604_800_000;
const { factsTtlActiveMs, factsTtlOffMarketMs, feedStaleMs } = defaultFreshnessPolicy;

const durationOption = (flag: string, does: string, env: string, usual: number): Option =>
  new Option(`${flag} <ms>`, does).env(env).default(usual).argParser(wholeNumber(1_000, WEEK_MS));

/** `porchlight explain <propertyId>` */
export function addExplain(program: Command, { print }: Terminal): void {
  const command = program
    .command('explain')
    .description(
      'say what a viewer sees of a home and why: cache, database, rule, when it is refreshed; changes nothing',
    )
    .addArgument(new Argument('<propertyId>', 'which home').argParser(propertyIdOf))
    .addOption(
      new Option('--role <role>', 'who is looking; a value is shown only if this role may see it')
        .choices(ROLES)
        .default('unregistered'),
    )
    .addOption(catalogOption());
  for (const option of cacheOptions()) command.addOption(option);
  command
    .addOption(
      durationOption('--facts-ttl-active-ms', 'as estimate-api has it', 'FACTS_TTL_ACTIVE_MS', factsTtlActiveMs),
    )
    .addOption(durationOption('--facts-ttl-off-market-ms', 'the same', 'FACTS_TTL_OFF_MARKET_MS', factsTtlOffMarketMs))
    .addOption(durationOption('--feed-stale-ms', 'the same', 'FEED_STALE_MS', feedStaleMs))
    .addOption(jsonOption())
    .addHelpText('after', example('npx porchlight explain p-100', 'npx porchlight explain p-100 --role agent --json'))
    .action(async (propertyId: string, options: ExplainOptions) => {
      const evidence = await withCatalog(options.databaseUrl, (catalog) =>
        withCache(cachePlaceOf(options), (cache) => gatherEvidence({ ...cache, catalog }, propertyId)),
      );
      const home = explainHome(evidence, options.role, {
        ...defaultFreshnessPolicy,
        factsTtlActiveMs: options.factsTtlActiveMs,
        factsTtlOffMarketMs: options.factsTtlOffMarketMs,
        feedStaleMs: options.feedStaleMs,
      });
      print(options.json === true ? JSON.stringify(home) : printExplanation(home));
    });
}

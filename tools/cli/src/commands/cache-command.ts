import { InvalidArgumentError, Option, type Command } from 'commander';
import { measured, SHARD_GIB_USUAL } from '../cache-plan/measured.ts';
import { planCache, type CacheDemand } from '../cache-plan/plan-cache.ts';
import { printCachePlan } from '../cache-plan/print-cache-plan.ts';
import type { Terminal } from '../terminal/terminal.ts';
import { example, jsonOption, wholeNumber } from './options.ts';

const HOMES_MAX = 10_000_000_000;
const READS_MAX = 1_000_000_000;
const USD_MAX = 100_000;

/** @returns a parser of numbers between two bounds, for commander */
const numberWithin =
  (least: number, most: number) =>
  (text: string): number => {
    const number = /^\d+(\.\d+)?$/.test(text) ? Number(text) : NaN;
    if (number >= least && number <= most) return number;
    throw new InvalidArgumentError(`a number ${least}..${most}`);
  };

interface PlanOptions extends Omit<CacheDemand, 'usdPerGibMonth' | 'homeBytes'> {
  readonly bytesPerHome: number;
  readonly usdPerGibMonth?: number | null;
  readonly json?: boolean;
}

/** `porchlight cache plan` */
export function addCache(program: Command, { print }: Terminal): void {
  const cache = program.command('cache').description('the estimate cache');
  cache
    .command('plan')
    .description(
      'say how large the cache must be: memory, shards, network, cost, from what was measured; asks no server',
    )
    .addOption(
      new Option('--homes <n>', 'homes that are cached at once, at most')
        .argParser(wholeNumber(1, HOMES_MAX))
        .makeOptionMandatory(),
    )
    .addOption(
      new Option('--active-percent <n>', 'of them, how many are for sale').default(2).argParser(numberWithin(0, 100)),
    )
    .addOption(
      new Option('--reads-per-s <n>', 'homes read a second at the peak')
        .default(100_000)
        .argParser(wholeNumber(0, READS_MAX)),
    )
    .addOption(
      new Option('--homes-per-read <n>', 'homes of one call, on average').default(50).argParser(numberWithin(1, 5_000)),
    )
    .addOption(
      new Option('--hit-percent <n>', 'of the homes read, how many are hits')
        .default(80)
        .argParser(numberWithin(0, 100)),
    )
    .addOption(new Option('--copies <n>', 'replicas of each shard').default(1).argParser(wholeNumber(0, 5)))
    .addOption(
      new Option('--shard-gib <n>', 'memory that a shard is filled to')
        .default(SHARD_GIB_USUAL)
        .argParser(numberWithin(1, 1_024)),
    )
    .addOption(
      new Option('--bytes-per-home <n>', 'used_memory of a cached home, if yours is another')
        .default(measured.homeBytes)
        .argParser(wholeNumber(1, 10_000)),
    )
    .addOption(
      new Option(
        '--usd-per-gib-month <n>',
        'what a GiB of Redis costs you; no default: prices differ tenfold',
      ).argParser(numberWithin(0, USD_MAX)),
    )
    .addOption(jsonOption())
    .addHelpText(
      'after',
      example(
        'npx porchlight cache plan --homes 90000000',
        'npx porchlight cache plan --homes 90000000 --reads-per-s 400000 --copies 2 --usd-per-gib-month 8 --json',
      ),
    )
    .action(({ json, bytesPerHome, usdPerGibMonth = null, ...options }: PlanOptions) => {
      const plan = planCache({ ...options, homeBytes: bytesPerHome, usdPerGibMonth });
      print(json === true ? JSON.stringify(plan) : printCachePlan(plan));
    });
}

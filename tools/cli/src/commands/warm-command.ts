import { writeFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { randomUUID } from 'node:crypto';
import type { Viewport } from '@porchlight/geo';
import type { PropertyCatalog } from '@porchlight/property-catalog';
import { InvalidArgumentError, Option, type Command } from 'commander';
import { withCache } from '../cache/with-cache.ts';
import { withCatalog } from '../catalog/with-catalog.ts';
import { CliError } from '../cli-error.ts';
import { readHomes, readText } from '../homes/read-homes.ts';
import { createProgress } from '../terminal/progress.ts';
import { sayMany } from '../terminal/say-span.ts';
import type { Terminal } from '../terminal/terminal.ts';
import { withCandidateSender } from '../warm/candidate-sender.adapter.ts';
import { homesIn, WORLD_TILE, type HomeToWarm } from '../warm/find-homes.ts';
import { lookAtHomes } from '../warm/look-at-homes.ts';
import { planWarm, type WarmPlan } from '../warm/plan-warm.ts';
import { printWarmPlan } from '../warm/print-warm.ts';
import { warmHomes, type WarmResult } from '../warm/warm-homes.ts';
import { zipArea } from '../warm/zip-area.ts';
import {
  brokersOption,
  cacheOptions,
  cachePlaceOf,
  catalogOption,
  example,
  jsonOption,
  registryOption,
  wholeNumber,
  type CacheOptions,
} from './options.ts';

interface WarmOptions extends CacheOptions {
  readonly brokers: string[];
  readonly registry: string;
  readonly databaseUrl: string;
  readonly region?: Viewport;
  readonly zip?: string;
  readonly zipAreas?: string;
  readonly file?: string;
  readonly budgetItems?: number;
  readonly budgetUsd?: number;
  readonly usdPerCall?: number;
  readonly usdPerItem?: number;
  readonly recordsAtOnce: number;
  readonly deadlineS: number;
  readonly left?: string;
  readonly yes?: boolean;
  readonly json?: boolean;
}

const ITEMS_MAX = 1_000_000_000;

function region(text: string): Viewport {
  const edges = text.split(',').map((edge) => (edge.trim() === '' ? NaN : Number(edge)));
  const [west, south, east, north] = edges;
  if (
    edges.length !== 4 ||
    west === undefined ||
    south === undefined ||
    east === undefined ||
    north === undefined ||
    edges.some(Number.isNaN)
  )
    throw new InvalidArgumentError('west,south,east,north in degrees');
  return { west, south, east, north };
}

function usd(text: string): number {
  const number = /^\d+(\.\d+)?$/.test(text) ? Number(text) : NaN;
  if (Number.isFinite(number)) return number;
  throw new InvalidArgumentError('US dollars, 0 or more');
}

/** @throws {CliError} SELECTION_MISSING unless exactly one of them says which homes */
async function homesOf(catalog: Pick<PropertyCatalog, 'homesInTiles'>, options: WarmOptions): Promise<HomeToWarm[]> {
  const { region: viewport, zip, zipAreas, file } = options;
  if ([viewport, zip, file].filter((each) => each !== undefined).length !== 1)
    throw new CliError('SELECTION_MISSING', 'say which homes: one of --region, --zip and --file');
  if (viewport !== undefined) return homesIn(catalog, viewport);
  if (zip === undefined) return (await readHomes([], file)).map((propertyId) => ({ propertyId, tile: WORLD_TILE }));
  if (zipAreas === undefined)
    throw new CliError(
      'SELECTION_MISSING',
      'the database knows no ZIP codes: --zip-areas names a GeoJSON file with their polygons (the Census Bureau has one)',
    );
  const { bounds, contains } = zipArea(await readText(zipAreas), zip, zipAreas);
  return homesIn(catalog, bounds, contains);
}

const planOf = (homes: readonly HomeToWarm[], known: Parameters<typeof planWarm>[1], options: WarmOptions): WarmPlan =>
  planWarm(
    homes,
    known,
    { usdPerCall: options.usdPerCall ?? null, usdPerItem: options.usdPerItem ?? null },
    { itemsMax: options.budgetItems ?? null, usdMax: options.budgetUsd ?? null },
  );

/** What did not come is told, written down where that was asked for, and the command's end. */
async function tell(terminal: Terminal, plan: WarmPlan, result: WarmResult, options: WarmOptions): Promise<void> {
  const { warmed, left, ended } = result;
  if (options.left !== undefined) await writeFile(options.left, left.map((id) => `${id}\n`).join(''));
  terminal.print(
    options.json === true
      ? JSON.stringify({ cost: plan.cost, leftOut: plan.leftOut, done: result })
      : `done: ${sayMany(warmed, 'home')} warmed, ${left.length} not${options.left === undefined ? '' : ` (in ${options.left})`}`,
  );
  if (ended === 'stalled')
    throw new CliError(
      'WARM_STALLED',
      'nothing of what was asked for last has come, so no more is asked for: npx porchlight status says where it waits',
    );
  if (left.length > 0)
    throw new CliError(
      'WARM_INCOMPLETE',
      `${sayMany(left.length, 'home')} did not come in time: npx porchlight warm --file with those that --left wrote tries them again`,
    );
}

async function runWarm(terminal: Terminal, options: WarmOptions): Promise<void> {
  const { json = false, brokers, registry: registryUrl, recordsAtOnce, deadlineS } = options;
  if (options.budgetUsd !== undefined && (options.usdPerCall === undefined || options.usdPerItem === undefined))
    throw new CliError('SELECTION_MISSING', '--budget-usd needs the prices: --usd-per-call and --usd-per-item');
  await withCache(cachePlaceOf(options), async ({ inspector }) => {
    const plan = await withCatalog(options.databaseUrl, async (catalog) => {
      const homes = await homesOf(catalog, options);
      return planOf(homes, await lookAtHomes({ inspector, catalog }, homes), options);
    });
    const { cost, leftOut } = plan;
    (json ? terminal.say : terminal.print)(printWarmPlan(plan));
    if (options.yes !== true)
      return terminal.print(
        json ? JSON.stringify({ cost, leftOut, done: null }) : 'dry run: nothing was asked for; --yes does it',
      );
    const progress = createProgress(terminal, 'warm', cost.homes);
    const result = await withCandidateSender({ brokers, registryUrl }, (sender) =>
      warmHomes(
        { sender, inspector, now: Date.now, sleep, runId: `operator-${randomUUID()}` },
        plan,
        { recordsAtOnce, deadlineMs: deadlineS * 1_000 },
        { progress, stopped: terminal.stopped },
      ),
    );
    await tell(terminal, plan, result, options);
  });
}

/** `porchlight warm` */
export function addWarm(program: Command, terminal: Terminal): void {
  const command = program
    .command('warm')
    .description(
      'fill the cache ahead of viewers through the pipeline, within a budget: says the cost first, and does nothing without --yes',
    )
    .addOption(new Option('--region <w,s,e,n>', 'all homes between these degrees').argParser(region))
    .addOption(new Option('--zip <code>', 'all homes of a ZIP code; needs --zip-areas'))
    .addOption(new Option('--zip-areas <file>', 'GeoJSON with the polygons of ZIP codes').env('PORCHLIGHT_ZIP_AREAS'))
    .addOption(new Option('--file <path>', 'homes, one id a line'))
    .addOption(new Option('--budget-items <n>', 'most homes to pay for').argParser(wholeNumber(0, ITEMS_MAX)))
    .addOption(new Option('--budget-usd <n>', 'most dollars to pay').argParser(usd))
    .addOption(
      new Option('--usd-per-call <n>', 'price of a call of the paid API').env('UPSTREAM_USD_PER_CALL').argParser(usd),
    )
    .addOption(new Option('--usd-per-item <n>', 'price of a home in it').env('UPSTREAM_USD_PER_ITEM').argParser(usd))
    .addOption(
      new Option('--records-at-once <n>', 'how many hundreds of homes are under way at once')
        .default(4)
        .argParser(wholeNumber(1, 100)),
    )
    .addOption(
      new Option('--deadline-s <n>', 'work after this is dropped by the pipeline, as for a forecast')
        .default(10)
        .argParser(wholeNumber(1, 60)),
    )
    .addOption(new Option('--left <path>', 'writes the homes that did not come there, one id a line'))
    .addOption(brokersOption())
    .addOption(registryOption())
    .addOption(catalogOption());
  for (const option of cacheOptions()) command.addOption(option);
  command
    .addOption(new Option('--yes', 'do it'))
    .addOption(jsonOption())
    .addHelpText(
      'after',
      example(
        'npx porchlight warm --region -122.36,47.60,-122.30,47.64 --usd-per-call 0.005 --usd-per-item 0.001',
        'npx porchlight warm --zip 98103 --zip-areas zcta.geojson --budget-items 5000 --yes --left left.txt',
      ),
    )
    .action((options: WarmOptions) => runWarm(terminal, options));
}

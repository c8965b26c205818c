import { setImmediate as nextTurn } from 'node:timers/promises';
import { connectCatalog } from '@porchlight/property-catalog';
import { monotonicNow } from '../../processes/monotonic-now.ts';
import type { CacheDesign } from '../designs/design.ts';
import { designs } from '../designs/design-list.ts';
import { createRecordWriter } from '@porchlight/peer-caches';
import { Changer } from './change-homes.ts';
import { connectHomeSource } from './home-source.ts';
import { propertyIdOf, type LoadCommand, type LoadMessage, type LoadOptions } from './load-protocol.ts';

/** Requests at once in one process. */
const READERS = 96;
const WARMERS = 8;
const WARM_PAUSE_MS = 20;
const SECOND_MS = 1_000;

const options = JSON.parse(process.argv[2] ?? '{}') as LoadOptions;
const tell = (message: LoadMessage): void => void process.send?.(message);
const errors: Record<string, number> = {};
let unanswered = 0;
const count = (error: unknown): void => {
  const name = error instanceof Error ? `${error.name}: ${error.message}`.slice(0, 120) : String(error);
  errors[name] = (errors[name] ?? 0) + 1;
};
const records = createRecordWriter(options.folder, options.name);
/** Low numbers more often: homes that many look at change while they do. */
const pick = (): number => Math.floor(options.homes * Math.random() ** 2);

async function read(design: CacheDesign): Promise<void> {
  const home = pick();
  const wallAt = Date.now();
  const began = monotonicNow();
  const seen = await design.get(propertyIdOf(options, home));
  const ended = monotonicNow();
  if (seen === null) unanswered += 1;
  else records.write({ kind: 'R', home, began, ended, wallAt, ...seen });
}

/** Turn after turn of the event loop: a cache in memory would otherwise never let anybody else in. */
async function repeat(act: () => Promise<void>, pauseMs: number): Promise<void> {
  const endsAt = monotonicNow() + options.seconds * SECOND_MS;
  while (monotonicNow() < endsAt) {
    await act().catch(count);
    await (pauseMs === 0 ? nextTurn() : new Promise((resolve) => setTimeout(resolve, pauseMs)));
  }
}

const loops = (number: number, loop: () => Promise<void>): Promise<unknown> =>
  Promise.all(Array.from({ length: number }, loop));

async function main(): Promise<void> {
  const entry = designs.find(({ name }) => name === options.design);
  if (entry === undefined) throw new Error(`no design ${options.design}`);
  const upstream = connectHomeSource(options);
  const { redisUrl, estimateTtlMs } = options;
  const design = await entry.create({ redisUrl, estimateTtlMs, source: upstream.source });
  const changer = options.role === 'changer' ? await createChanger(design) : null;
  const work = {
    reader: () => loops(READERS, () => repeat(() => read(design), 0)),
    warmer: () => loops(WARMERS, () => repeat(() => design.warm(propertyIdOf(options, pick())), WARM_PAUSE_MS)),
    changer: () => changer?.run(),
  }[options.role];

  const obey = async (command: LoadCommand): Promise<void> => {
    if (command === 'go') {
      await work();
      await records.flush();
      tell({ kind: 'done', errors, unanswered });
    } else if (command === 'look') {
      await changer?.look();
      await records.flush();
      tell({ kind: 'looked' });
    } else {
      await Promise.all([design.close(), upstream.close(), changer?.close()]);
      process.exit();
    }
  };
  process.on('message', (command: LoadCommand) => void obey(command));
  tell({ kind: 'ready' });
}

async function createChanger(design: CacheDesign): Promise<Changer> {
  const catalog = connectCatalog({ databaseUrl: options.databaseUrl });
  const ids = Array.from({ length: options.homes }, (_, home) => propertyIdOf(options, home));
  const facts = await catalog.factsOf(ids);
  await catalog.close();
  return new Changer({ options, design, records, facts, count });
}

await main();

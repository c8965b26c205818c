import { topics, type SessionView, type ViewportViewed, type WarmupCandidates } from '@porchlight/contracts';
import { MAP_ZOOM_MIN, tileKey, tilesOf, TooManyTiles, viewportProblem } from '@porchlight/geo';
import type { CatchUp, Collector, StreamRecord, StreamTask, TaskDefinition, Topic } from '@porchlight/stream';
import { chooseByViews } from './choose-by-views.ts';
import { chooseHomes, type Choice, type ChosenCell } from './choose-homes.ts';
import { forecastIdOf } from './forecast-id.ts';
import { createLastViews, sessionViews, type LastViews } from './last-views.ts';
import type { PlanOf } from './session-plan.ts';
import type { ForecastCell, ForecastStrategy } from './strategies/forecast-strategy.ts';
import type { TileHomes } from './tile-homes.ts';

/** The talk's window: a neighbour that is not warm within it is not worth warming. */
export const FORECAST_DEADLINE_MS = 10_000;

/** Homes in one record: what one upstream call carries. */
export const CHUNK_HOMES_MAX = 100;

/** Viewports of one partition that are forecast at once. */
const CONCURRENT_RECORDS_MAX = 4;

export interface ForecasterPorts {
  /** By which strategy a session's viewports are forecast, or that they are not. */
  readonly planOf: PlanOf;
  readonly tileHomes: Pick<TileHomes, 'of'>;
  /** Homes that one viewport may cost. */
  readonly homesPerForecastMax: number;
  readonly count: (outcome: 'sent' | 'cut', homes: number, strategy: string) => void;
  /** What becomes of a backlog; default: all of it is done. */
  readonly catchUp?: CatchUp;
  /** Other topics for tests on a shared Kafka. */
  readonly streams?: { input: Topic<ViewportViewed>; output: Topic<WarmupCandidates>; state: Topic<SessionView> };
}

/**
 * The viewport's own tiles before the strategy's: a viewport ends in the middle of tiles, and what lies just past its edge is
 * nearest of all. Their homes inside the viewport are left out later.
 */
function cellsFor(strategy: ForecastStrategy, event: ViewportViewed): ForecastCell[] {
  const around = strategy.cellsAfter(event);
  const nearest = Math.max(0, ...around.map(({ probability }) => probability));
  return [...tilesOf(event.viewport, event.zoom).map((tile) => ({ tile, probability: nearest })), ...around];
}

/** Why a viewport is not forecast, or null. */
function reasonToSkip({ viewport, zoom }: ViewportViewed): string | null {
  if (zoom < MAP_ZOOM_MIN) return 'homes-not-drawn';
  return viewportProblem(viewport) === null ? null : 'impossible-viewport';
}

function cellsOrNone(strategy: ForecastStrategy, event: ViewportViewed): ForecastCell[] | null {
  try {
    return cellsFor(strategy, event);
  } catch (error) {
    if (error instanceof TooManyTiles) return null;
    throw error;
  }
}

/** By the views that may come next, if the strategy knows them; the nearest ones if not. */
async function homesToWarm(
  { tileHomes, homesPerForecastMax }: ForecasterPorts,
  { key, value: event }: StreamRecord<ViewportViewed>,
  { strategy, cells, lastViews }: { strategy: ForecastStrategy; cells: readonly ForecastCell[]; lastViews: LastViews },
): Promise<Choice> {
  const homes = await tileHomes.of(cells.map(({ tile }) => tile));
  const views = strategy.viewsAfter?.(event, lastViews.of(key));
  lastViews.keep(key, event);
  return views === undefined
    ? chooseHomes(event, cells, homes, homesPerForecastMax)
    : chooseByViews(event, { cells, views }, homes, homesPerForecastMax);
}

const ownStreams = {
  input: topics.viewportViewed,
  output: topics.warmupCandidates,
  state: topics.forecasterChangelog,
};

type Candidates = Omit<WarmupCandidates, 'tile' | 'chunk' | 'propertyIds' | 'probability'>;

/** One record for each hundred homes of a tile. */
function* recordsOf(cells: readonly ChosenCell[], forecast: Candidates): Generator<WarmupCandidates> {
  for (const { tile, probability, propertyIds } of cells) {
    for (let chunk = 0; chunk * CHUNK_HOMES_MAX < propertyIds.length; chunk += 1) {
      const ids = propertyIds.slice(chunk * CHUNK_HOMES_MAX, (chunk + 1) * CHUNK_HOMES_MAX);
      yield { ...forecast, tile: tileKey(tile), chunk, propertyIds: ids, probability };
    }
  }
}

/**
 * Turns a settled viewport into the homes likely to be needed next.
 *
 * In    map.viewport-viewed, by session; in the order of each session, and of those that wait only its newest
 * Out   warmup.candidates, by tile; ids repeat after a replay
 * State the last view of each session, for half an hour
 * Loss  a viewport that is late, or that came while the group was down: its neighbours are not warmed, nothing else
 */
export function createForecaster(ports: ForecasterPorts): TaskDefinition<ViewportViewed> {
  const { planOf, count } = ports;
  const { input, output, state } = ports.streams ?? ownStreams;
  const store = sessionViews(state);
  const createTask = (lastViews: LastViews): StreamTask<ViewportViewed> => ({
    async process(record: StreamRecord<ViewportViewed>, collector: Collector) {
      const event = record.value;
      const skipped = reasonToSkip(event);
      if (skipped !== null) return collector.drop(skipped);
      const plan = await planOf(event.sessionKey);
      if ('letGo' in plan) return collector.drop(plan.letGo);
      const { strategy } = plan;
      const cells = cellsOrNone(strategy, event);
      if (cells === null) return collector.drop('too-many-tiles');
      const choice = await homesToWarm(ports, record, { strategy, cells, lastViews });
      const forecast = {
        forecastId: forecastIdOf(record),
        strategy: strategy.name,
        viewedAt: event.viewedAt,
        deadlineAt: deadlineOf(event),
      };
      const records = [...recordsOf(choice.cells, forecast)];
      for (const each of records) collector.send(output, each.tile, each);
      count(
        'sent',
        records.reduce((sum, { propertyIds }) => sum + propertyIds.length, 0),
        strategy.name,
      );
      count('cut', choice.cut, strategy.name);
      if (records.length === 0) collector.drop('nobody-lives-near');
    },
  });
  // One viewport of a session at a time, and of those that wait only the newest: nobody looks at the others any more.
  const order = { concurrentRecordsMax: CONCURRENT_RECORDS_MAX, keyOrder: 'kept' } as const;
  return {
    inputs: [input],
    order,
    backlog: 'newest-of-key',
    startFrom: 'latest',
    catchUp: ports.catchUp ?? 'all',
    deadlineOf,
    stores: [store],
    createTask: (_partition, context) => createTask(createLastViews(context.store(store))),
  };
}

const deadlineOf = ({ viewedAt }: ViewportViewed): number => viewedAt + FORECAST_DEADLINE_MS;

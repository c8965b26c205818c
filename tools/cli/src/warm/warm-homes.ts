import type { WarmupCandidates } from '@porchlight/contracts';
import type { HomeInspector } from '@porchlight/estimate-cache';
import type { Progress } from '../terminal/progress.ts';
import type { WarmPlan } from './plan-warm.ts';

/** Takes records to the topic of candidates. Resolves once every in-sync replica has them. */
export interface CandidateSender {
  send(records: readonly WarmupCandidates[]): Promise<void>;
}

export interface WarmPorts {
  readonly sender: CandidateSender;
  readonly inspector: HomeInspector;
  readonly now: () => number;
  readonly sleep: (ms: number) => Promise<unknown>;
  /** Names this run in every record of it. */
  readonly runId: string;
}

export interface WarmPace {
  /** Records under way at once, a hundred homes each: the next go out when these have landed or are late. */
  readonly recordsAtOnce: number;
  /** Work after this is not worth doing: what a forecast has too. */
  readonly deadlineMs: number;
}

export interface WarmResult {
  readonly warmed: number;
  /** Homes that were asked for and did not land before the deadline, or that were not asked for any more. */
  readonly left: readonly string[];
  /** `stalled`: nothing of a whole wave landed, so nothing more was asked for. */
  readonly ended: 'all' | 'stopped' | 'stalled';
}

export const STRATEGY = 'operator';
const LOOK_EVERY_MS = 250;
/** What was asked for before the deadline may land a little after it: a paid call and its fill. */
const LANDING_MS = 4_000;

type Chunk = WarmPlan['chunks'][number];

const recordsOf = (
  chunks: readonly Chunk[],
  from: number,
  { now, runId }: WarmPorts,
  deadlineMs: number,
): WarmupCandidates[] => {
  const viewedAt = now();
  return chunks.map(({ tile, propertyIds }, at) => ({
    forecastId: `${runId}-${from + at}`,
    strategy: STRATEGY,
    tile,
    chunk: from + at,
    propertyIds: [...propertyIds],
    probability: 1,
    viewedAt,
    deadlineAt: viewedAt + deadlineMs,
  }));
};

/** What lay there before and was near its end has landed when it is another. */
async function softExpiries({ inspector }: WarmPorts, propertyIds: readonly string[]): Promise<Map<string, number>> {
  const found = await inspector.inspect(propertyIds);
  return new Map(propertyIds.flatMap((id, at) => (found[at]?.value ? [[id, found[at].value.softExpiryAt]] : [])));
}

/** @returns the homes that have not landed when the time is up */
async function waitFor(
  ports: WarmPorts,
  propertyIds: readonly string[],
  before: ReadonlyMap<string, number>,
  untilAt: number,
  stopped: AbortSignal,
) {
  let open = propertyIds;
  while (open.length > 0 && ports.now() < untilAt && !stopped.aborted) {
    await ports.sleep(LOOK_EVERY_MS);
    const now = await softExpiries(ports, open);
    open = open.filter((id) => now.get(id) === undefined || now.get(id) === before.get(id));
  }
  return open;
}

/**
 * Asks the pipeline for the homes of a plan, wave by wave, and looks in the cache whether they came: so it goes no faster than the pipeline, and what
 * did not come is named. A wave of which nothing comes is the last.
 *
 * @throws {CacheUnavailable}, and what the sender throws: homes asked for before may still land
 */
export async function warmHomes(
  ports: WarmPorts,
  { chunks }: WarmPlan,
  pace: WarmPace,
  { progress, stopped }: { progress: Progress; stopped: AbortSignal },
): Promise<WarmResult> {
  const left: string[] = [];
  let [warmed, ended]: [number, WarmResult['ended']] = [0, 'all'];
  for (let from = 0; from < chunks.length; from += pace.recordsAtOnce) {
    const wave = chunks.slice(from, from + pace.recordsAtOnce);
    const ids = wave.flatMap(({ propertyIds }) => propertyIds);
    if (ended !== 'all' || stopped.aborted) {
      if (ended === 'all') ended = 'stopped';
      left.push(...ids);
      continue;
    }
    const before = await softExpiries(ports, ids);
    const records = recordsOf(wave, from, ports, pace.deadlineMs);
    await ports.sender.send(records);
    const missing = await waitFor(ports, ids, before, ports.now() + pace.deadlineMs + LANDING_MS, stopped);
    left.push(...missing);
    warmed += ids.length - missing.length;
    progress.advance(ids.length);
    if (missing.length === ids.length) ended = stopped.aborted ? 'stopped' : 'stalled';
  }
  progress.end();
  return { warmed, left, ended };
}

import { groupOf, streamApps, topics } from '@porchlight/contracts';
import { feedMarkOf, feedPartitionName, upstreamBudgetKeyOf, type MarkReading } from '@porchlight/estimate-cache';
import { readBudget, type BudgetReading } from '@porchlight/estimate-source';
import type { RelayProgress, RelayProgressReader } from '@porchlight/property-catalog';
import type { CachePorts } from '../cache/with-cache.ts';
import { describeGroups, type GroupPorts } from '../groups/describe-groups.ts';
import type { MetricsScrape } from '@porchlight/telemetry';
import { apiFigures, type ApiFigures } from './api-figures.ts';
import { readMetrics } from './read-metrics.ts';

export interface GroupFigures {
  readonly app: string;
  readonly state: string;
  readonly members: number;
  readonly lag: number;
  readonly oldestUnreadMs: number | null;
}

export interface FeedFigures {
  /** Up to how long ago every change is in Kafka; null: catalog-relay has never finished a round. */
  readonly relayMs: number | null;
  /** Up to how long ago changes are applied, in the bucket that is furthest behind; null: nobody can say. */
  readonly marksMs: number | null;
  /** The same of `estimate.updated`. */
  readonly estimatesMs: number | null;
  readonly bucketsAway: number;
  readonly bucketsUnmarked: number;
}

export interface ApiStatus extends ApiFigures {
  readonly processes: number;
  readonly away: readonly string[];
}

/** A part that could not be looked at says why instead: one server that is away must not hide the rest. */
export type Part<T> = T | { readonly error: string };

export interface FleetStatus {
  readonly at: number;
  readonly groups: Part<readonly GroupFigures[]>;
  readonly feed: Part<FeedFigures>;
  readonly upstream: Part<BudgetReading>;
  /** null: nobody said where /metrics are. */
  readonly api: ApiStatus | null;
}

/** What a look needs; each is opened once and used for every look. */
export interface StatusPorts {
  readonly kafka: () => Promise<GroupPorts>;
  readonly cache: () => Promise<Pick<CachePorts, 'marks' | 'scripts'>>;
  readonly catalog: RelayProgressReader;
  readonly keyGeneration: string;
  readonly metricsUrls: readonly string[];
  readonly now: () => number;
}

export const isError = <T extends object>(part: Part<T>): part is { readonly error: string } => 'error' in part;

async function part<T>(work: () => Promise<T>): Promise<Part<T>> {
  try {
    return await work();
  } catch (error) {
    return { error: error instanceof Error ? error.message : String(error) };
  }
}

const estimatesUntil = ({ partitions }: MarkReading): number | null => {
  const { name: topic, partitions: count } = topics.estimateUpdated;
  const untils = Array.from(
    { length: count },
    (_, partition) => partitions[feedPartitionName({ topic, partition })]?.untilAt,
  );
  return untils.some((until) => until == null) ? null : Math.min(...untils.map(Number));
};

const oldest = (instants: readonly (number | null)[], now: number): number | null =>
  instants.length === 0 || instants.includes(null) ? null : Math.max(0, now - Math.min(...instants.map(Number)));

/** Pure: how old what the marks say is. A bucket that is away is counted, and its age is not known. */
export function feedFigures(readings: readonly (MarkReading | null)[], progress: RelayProgress | null): FeedFigures {
  const known = readings.filter((reading) => reading !== null);
  const marks = known.map((reading) => progress && feedMarkOf(reading, progress));
  const now = progress?.readAt ?? 0;
  return {
    relayMs: progress === null ? null : Math.max(0, now - progress.publishedUntilAt),
    marksMs:
      progress === null
        ? null
        : oldest(
            marks.map((mark) => mark?.watermarkAt ?? null),
            now,
          ),
    estimatesMs: progress === null ? null : oldest(known.map(estimatesUntil), now),
    bucketsAway: readings.length - known.length,
    bucketsUnmarked: marks.filter((mark) => mark === null).length,
  };
}

/** One look after another: ages of records that were found stay known, and what rose since the last look can be told. */
export class FleetLook {
  readonly #ports: StatusPorts;
  readonly #known = new Map<string, number>();
  #last: MetricsScrape | null = null;

  constructor(ports: StatusPorts) {
    this.#ports = ports;
  }

  /** @param sinceLast what estimate-api did since the look before; else, and for the first, since its processes started */
  async look({ sinceLast }: { sinceLast: boolean }): Promise<FleetStatus> {
    const [groups, feed, upstream, api] = await Promise.all([
      part(() => this.#groups()),
      part(() => this.#feed()),
      part(() => this.#upstream()),
      this.#api(sinceLast),
    ]);
    return { at: this.#ports.now(), groups, feed, upstream, api };
  }

  async #groups(): Promise<GroupFigures[]> {
    const reports = await describeGroups(
      await this.#ports.kafka(),
      streamApps.map((app) => groupOf(app)),
      this.#known,
    );
    return reports.map(({ state, members, lag, oldestUnreadMs }, at) => ({
      app: streamApps[at] ?? '',
      state,
      members: members.length,
      lag,
      oldestUnreadMs,
    }));
  }

  async #feed(): Promise<FeedFigures> {
    const { marks } = await this.#ports.cache();
    const readings = await marks.read();
    return feedFigures(readings, await this.#ports.catalog.relayProgress());
  }

  async #upstream(): Promise<BudgetReading> {
    const { scripts } = await this.#ports.cache();
    return readBudget({ runner: scripts, key: upstreamBudgetKeyOf(this.#ports.keyGeneration) });
  }

  async #api(sinceLast: boolean): Promise<ApiStatus | null> {
    const { metricsUrls } = this.#ports;
    if (metricsUrls.length === 0) return null;
    const { scrape, answered, away } = await readMetrics(metricsUrls);
    const looked = sinceLast && this.#last !== null ? scrape.since(this.#last) : scrape;
    this.#last = scrape;
    return { ...apiFigures(looked), processes: answered, away };
  }
}

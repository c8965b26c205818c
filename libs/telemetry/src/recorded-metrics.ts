import { ValueType, type Attributes, type HrTime } from '@opentelemetry/api';
import {
  AggregationTemporality,
  DataPointType,
  type DataPoint,
  type Histogram as HistogramValue,
  type MetricData,
} from '@opentelemetry/sdk-metrics';
import type { MetricSpec } from './metric-names.ts';
import { SeriesTable } from './series-table.ts';

/** Counts what is told, as OpenTelemetry's SDK would; what is no number, or below 0, is not heard. */
export interface Recorded {
  readonly record: (value: number, attributes?: Attributes) => void;
  /** @returns everything so far */
  readonly read: () => MetricData;
}

export interface RecordedOptions {
  readonly name: string;
  readonly spec: MetricSpec;
  /** More label sets than this end in one series. */
  readonly seriesMax: number;
  /** UTC milliseconds. */
  readonly now: () => number;
}

const MS_PER_SECOND = 1_000;
const NS_PER_MS = 1_000_000;
const NO_ATTRIBUTES: Attributes = {};

const hrTimeOf = (ms: number): HrTime => [Math.floor(ms / MS_PER_SECOND), Math.floor((ms % MS_PER_SECOND) * NS_PER_MS)];

const isCountable = (value: number): boolean => Number.isFinite(value) && value >= 0;

/** What one metric says of itself, and of the points that it is given. */
function describe({ name, spec, now }: RecordedOptions) {
  const { description, unit } = spec;
  const startTime = hrTimeOf(now());
  return {
    about: {
      descriptor: { name, description, unit, valueType: ValueType.DOUBLE },
      aggregationTemporality: AggregationTemporality.CUMULATIVE,
    } as const,
    pointsOf: <S, V>(table: SeriesTable<S>, valueOf: (series: S) => V): DataPoint<V>[] => {
      const endTime = hrTimeOf(now());
      return Array.from(table, ({ attributes, series }) => ({
        startTime,
        endTime,
        attributes,
        value: valueOf(series),
      }));
    },
  };
}

/** A counter: a sum for each label set. */
export function recordedCounter(options: RecordedOptions): Recorded {
  const table = new SeriesTable(() => ({ sum: 0 }), options.seriesMax);
  const { about, pointsOf } = describe(options);
  return {
    record(value, attributes = NO_ATTRIBUTES) {
      if (isCountable(value)) table.of(attributes).sum += value;
    },
    read: () => ({
      ...about,
      dataPointType: DataPointType.SUM,
      isMonotonic: true,
      dataPoints: pointsOf(table, ({ sum }) => sum),
    }),
  };
}

interface Distribution {
  sum: number;
  count: number;
  min: number;
  max: number;
  readonly counts: number[];
}

/** The first bucket whose bound is not below the value; the last has none. They are few: a search by halves takes as long. */
function bucketOf(boundaries: readonly number[], value: number): number {
  let at = 0;
  while (at < boundaries.length && value > (boundaries[at] as number)) at += 1;
  return at;
}

/** A histogram: how many were at or below each bound, for each label set. @throws {TypeError} if its row names no buckets */
export function recordedHistogram(options: RecordedOptions): Recorded {
  const { buckets: boundaries } = options.spec;
  if (boundaries === undefined) throw new TypeError(`${options.name} has no buckets`);
  const empty = (): Distribution => ({
    sum: 0,
    count: 0,
    min: Infinity,
    max: -Infinity,
    counts: new Array<number>(boundaries.length + 1).fill(0),
  });
  const table = new SeriesTable(empty, options.seriesMax);
  const { about, pointsOf } = describe(options);
  const valueOf = ({ counts, ...rest }: Distribution): HistogramValue => ({
    ...rest,
    buckets: { boundaries: [...boundaries], counts: [...counts] },
  });
  return {
    record(value, attributes = NO_ATTRIBUTES) {
      if (!isCountable(value)) return;
      const series = table.of(attributes);
      series.sum += value;
      series.count += 1;
      series.min = Math.min(series.min, value);
      series.max = Math.max(series.max, value);
      const at = bucketOf(boundaries, value);
      series.counts[at] = (series.counts[at] as number) + 1;
    },
    read: () => ({ ...about, dataPointType: DataPointType.HISTOGRAM, dataPoints: pointsOf(table, valueOf) }),
  };
}

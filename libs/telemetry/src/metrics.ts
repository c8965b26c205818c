import type { Attributes, Meter, ObservableGauge } from '@opentelemetry/api';
import type { MetricData } from '@opentelemetry/sdk-metrics';
import {
  metricNames,
  type AttributesArgument,
  type AttributesOf,
  type MetricName,
  type MetricSpec,
  type NamesOf,
} from './metric-names.ts';
import { recordedCounter, recordedHistogram, type Recorded, type RecordedOptions } from './recorded-metrics.ts';

export interface Counter<N extends MetricName> {
  /** @param amount how much more; 0 or above */
  add(amount: number, ...attributes: AttributesArgument<N>): void;
}

export interface Histogram<N extends MetricName> {
  /** @param value in the metric's unit: seconds for durations */
  record(value: number, ...attributes: AttributesArgument<N>): void;
}

export interface GaugeReading<N extends MetricName> {
  readonly value: number;
  readonly attributes?: AttributesOf<N>;
}

export interface Gauge<N extends MetricName> {
  /** The last value stands until it is set again or forgotten. */
  set(value: number, ...attributes: AttributesArgument<N>): void;
  /** Ends a series, as when a partition goes to another process. */
  forget(...attributes: AttributesArgument<N>): void;
  /** Asks at each reading; what is not answered is not shown. @returns ends it */
  observe(read: () => Iterable<GaugeReading<N>>): () => void;
}

/** Where an app counts. The same name always gives the same instrument; keep it out of loops all the same. */
export interface Metrics {
  counter<N extends NamesOf<'counter'>>(name: N): Counter<N>;
  histogram<N extends NamesOf<'histogram'>>(name: N): Histogram<N>;
  gauge<N extends NamesOf<'gauge'>>(name: N): Gauge<N>;
}

type Reading = { readonly value: number; readonly attributes?: Attributes };

/** A gauge that is asked at each reading, so that a series which ended is gone instead of standing still for ever. */
function createGauge(instrument: ObservableGauge) {
  const set = new Map<string, Required<Reading>>();
  const readers = new Set<() => Iterable<Reading>>();
  const keyOf = (attributes: Attributes) => JSON.stringify(Object.entries(attributes).sort());
  instrument.addCallback((result) => {
    for (const { value, attributes } of set.values()) result.observe(value, attributes);
    for (const read of readers) for (const { value, attributes } of read()) result.observe(value, attributes ?? {});
  });
  return {
    set: (value: number, attributes: Attributes = {}) => void set.set(keyOf(attributes), { value, attributes }),
    forget: (attributes: Attributes = {}) => void set.delete(keyOf(attributes)),
    observe: (read: () => Iterable<Reading>) => {
      readers.add(read);
      return () => void readers.delete(read);
    },
  };
}

const remembered = <T>(create: (name: string) => T): ((name: string) => T) => {
  const made = new Map<string, T>();
  return (name) => {
    const known = made.get(name);
    if (known !== undefined) return known;
    const fresh = create(name);
    made.set(name, fresh);
    return fresh;
  };
};

/**
 * Metrics of the list. Gauges are OpenTelemetry's, on this meter; counters and histograms are recorded here, since an answer is counted several
 * times (see SeriesTable).
 *
 * @returns `read` gives what was recorded here, beside what the meter's reader collects
 */
export function createMetrics(
  meter: Meter,
  { seriesMax, now }: Pick<RecordedOptions, 'seriesMax' | 'now'>,
): { readonly metrics: Metrics; readonly read: () => MetricData[] } {
  const specOf = (name: string): MetricSpec => metricNames[name as MetricName];
  const recorded: Recorded[] = [];
  const recordedBy = (create: (options: RecordedOptions) => Recorded, name: string): Recorded => {
    const made = create({ name, spec: specOf(name), seriesMax, now });
    recorded.push(made);
    return made;
  };
  const gauge = (name: string) => {
    const { description, unit } = specOf(name);
    return createGauge(meter.createObservableGauge(name, { description, unit }));
  };
  const loose = {
    counter: remembered((name) => ({ add: recordedBy(recordedCounter, name).record })),
    histogram: remembered((name) => recordedBy(recordedHistogram, name)),
    gauge: remembered(gauge),
  };
  // The list's types are stricter than OpenTelemetry's: every name of it gives attributes that OpenTelemetry takes.
  const metrics = loose as unknown as Metrics;
  return { metrics, read: () => recorded.map((each) => each.read()) };
}

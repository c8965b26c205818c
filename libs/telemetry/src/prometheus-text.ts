import type { Attributes } from '@opentelemetry/api';
import { DataPointType, type DataPoint, type Histogram, type MetricData } from '@opentelemetry/sdk-metrics';
import { metricNames, type MetricName } from './metric-names.ts';
import { prometheusNameOf } from './prometheus-name.ts';

const BACKSLASH = /\\/g;
const LINE_END = /\n/g;
const QUOTE = /"/g;

const escaped = (text: string): string => text.replace(BACKSLASH, '\\\\').replace(LINE_END, '\\n');

const labelText = (value: Attributes[string]): string => {
  const text = typeof value === 'string' ? value : (JSON.stringify(value) ?? '');
  return escaped(text).replace(QUOTE, '\\"');
};

const numberText = (value: number): string => {
  if (value === Infinity) return '+Inf';
  return value === -Infinity ? '-Inf' : String(value);
};

function sampleLine(name: string, attributes: Attributes, value: number): string {
  const labels = Object.entries(attributes).map(
    ([label, each]) => `${label.replace(/[^a-zA-Z0-9_]+/g, '_')}="${labelText(each)}"`,
  );
  return `${name}${labels.length === 0 ? '' : `{${labels.join(',')}}`} ${numberText(value)}`;
}

/** Prometheus's buckets hold what is at or below their bound, so each counts those before it too. */
function histogramLines(name: string, { attributes, value }: DataPoint<Histogram>): string[] {
  const { boundaries, counts } = value.buckets;
  let below = 0;
  const buckets = counts.map((count, at) => {
    below += count;
    return sampleLine(`${name}_bucket`, { ...attributes, le: numberText(boundaries[at] ?? Infinity) }, below);
  });
  const sum = value.sum === undefined ? [] : [sampleLine(`${name}_sum`, attributes, value.sum)];
  return [sampleLine(`${name}_count`, attributes, value.count), ...sum, ...buckets];
}

function linesOf(name: string, metric: MetricData): { type: string; samples: string[] } {
  switch (metric.dataPointType) {
    case DataPointType.HISTOGRAM:
      return { type: 'histogram', samples: metric.dataPoints.flatMap((point) => histogramLines(name, point)) };
    case DataPointType.SUM:
    case DataPointType.GAUGE:
      return {
        type: metric.dataPointType === DataPointType.SUM && metric.isMonotonic ? 'counter' : 'gauge',
        samples: metric.dataPoints.map(({ attributes, value }) => sampleLine(name, attributes, value)),
      };
    default:
      // No instrument of the list aggregates this way.
      throw new TypeError(`${name} is neither a sum, a gauge nor a histogram`);
  }
}

/**
 * Metrics of the list in the text format of Prometheus. Spelled here, because OpenTelemetry's exporter brings an HTTP
 * server and, with it, what Node knows of fetch and of web sockets: 14 MB in every process, and it leaves out the units.
 *
 * @source Prometheus, exposition formats, text version 0.0.4
 */
export function prometheusTextOf(metrics: readonly MetricData[]): string {
  return metrics
    .filter(({ dataPoints }) => dataPoints.length > 0)
    .flatMap((metric) => {
      const { name, description } = metric.descriptor;
      const spelled = prometheusNameOf(name, metricNames[name as MetricName]);
      const { type, samples } = linesOf(spelled, metric);
      return [`# HELP ${spelled} ${escaped(description)}`, `# TYPE ${spelled} ${type}`, ...samples, ''];
    })
    .join('\n');
}
